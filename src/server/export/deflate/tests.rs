//! What is compressed here is decompressed by another program's decoder.

use std::io::Read;

use proptest::prelude::*;

use super::*;

fn deflate(texts: &[Vec<u8>]) -> Vec<u8> {
    let (mut deflater, mut file, mut out) = (Deflater::new(), Vec::new(), Vec::new());
    for text in texts {
        deflater.deflate(text, &mut out);
        file.extend_from_slice(&out);
    }
    // An empty last block.
    file.extend_from_slice(&[3, 0]);
    file
}

fn inflate(file: &[u8]) -> Vec<u8> {
    let (mut rest, mut text) = (file, Vec::new());
    flate2::bufread::DeflateDecoder::new(&mut rest).read_to_end(&mut text).unwrap();
    assert!(rest.is_empty(), "{} bytes are left over", rest.len());
    text
}

/// Bytes that don't compress.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn sizes_around_every_edge() {
    let noise = noise(300_000);
    for len in
        [0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 255, 1_000, 32_767, 32_768, 65_535, 65_536, 131_071, 262_144, 300_000]
    {
        let texts = [noise[..len].to_vec(), vec![b'a'; len], Vec::new(), b"word, ".repeat(len / 6)];
        assert!(inflate(&deflate(&texts)) == texts.concat(), "{len}");
    }
}

#[test]
fn rows_get_smaller_and_noise_hardly_larger() {
    let rows: Vec<u8> = (0..5_000)
        .flat_map(|row| format!("\"'auth0|{:024x}\",\"'user{row}@mail.example\",true\r\n", row * 7_919).into_bytes())
        .collect();
    let len = rows.len();
    assert!(deflate(&[rows]).len() < len / 2);
    let noise = noise(200_000);
    assert!(deflate(&[noise]).len() < 200_000 + 30);
}

#[test]
fn what_the_sample_lacks_is_possible_after_it() {
    let mut text = b"only these words, ".repeat(SAMPLE_BYTES / 18 + 1);
    text.extend(0..=255);
    text.extend(b"only these words, ".repeat(40));
    assert_eq!(inflate(&deflate(&[text.clone()])), text);
}

proptest! {
    #[test]
    fn any_texts(
        texts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..3_000),
                "([a-z]{1,9}[,\" @-]){0,300}".prop_map(String::into_bytes),
            ],
            0..6,
        ),
    ) {
        prop_assert_eq!(inflate(&deflate(&texts)), texts.concat());
    }
}
