import { createHmac } from "node:crypto";

/** An authenticator app: makes codes of a secret (RFC 6238). */
export class Authenticator {
  readonly #secret: Buffer;
  /** The last step that a code was made of. The server takes each once, and the next one early. */
  #step = 0;

  /** @param secret base32, grouped or not */
  constructor(secret: string) {
    this.#secret = fromBase32(secret.replaceAll(" ", ""));
  }

  /** A code that works now and was not given before. */
  nextCode(): string {
    this.#step = Math.max(Math.floor(Date.now() / 30_000), this.#step + 1);
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(this.#step));
    const hash = createHmac("sha1", this.#secret).update(counter).digest();
    const offset = hash[hash.length - 1]! & 15;
    const number = (hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000;
    return String(number).padStart(6, "0");
  }
}

function fromBase32(text: string): Buffer {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...text].map((char) => alphabet.indexOf(char).toString(2).padStart(5, "0")).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => parseInt(byte, 2)));
}
