//! What became of an import's users, or would.

use leptos::prelude::*;

use crate::{
    domain::{
        import::ImportSummary,
        job::{JobId, JobStatus, JobView},
    },
    rpc::imports::ImportChecked,
    ui::{
        components::{
            alert::refusal,
            submit::{Form, Submit, SubmitForm},
        },
        format, view,
    },
};

/// The figures; below those of a completed dry run, the way to the import itself.
#[component]
pub fn Figures(
    /// The job.
    job: Memo<JobView>,
    /// Whether it changes nothing.
    dry_run: bool,
) -> AnyView {
    let import = Submit::to::<ImportChecked>();
    let summary = move || job.with(|job| job.summary.unwrap_or_default());
    let status = Memo::new(move |_| job.with(|job| job.status));
    let heading = move || match (dry_run, status.get().is_final()) {
        (true, _) => "What would happen",
        (false, true) => "Result",
        (false, false) => "So far",
    };
    let figures = move || {
        let figure = |(label, number): (&'static str, u64)| {
            view! { <div class="figure"><dt>{label}</dt> <dd>{format::number(number)}</dd></div> }
        };
        labelled(summary(), dry_run).into_iter().map(figure).collect::<Vec<_>>().into_any()
    };
    let can_import = Memo::new(move |_| job.with(|job| job.can_import));
    let next = move || {
        (dry_run && status.get() == JobStatus::Completed).then(|| {
            let ImportSummary { inserted, updated, .. } = summary();
            let id = job.with_untracked(|job| job.id.clone());
            next(id, inserted + updated, can_import.get(), import.form)
        })
    };
    view! {
        {refusal(move || import.error())}
        <section class="card" aria-labelledby="figures">
            <h2 class="card-title" id="figures">{move || heading()}</h2>
            <dl class="figures">{move || figures()}</dl>
            {move || next()}
        </section>
    }
}

/// The figures, each with what it counts.
fn labelled(summary: ImportSummary, dry_run: bool) -> [(&'static str, u64); 5] {
    let ImportSummary { total, inserted, updated, failed, passed_over } = summary;
    let of_users = if dry_run {
        ["Users read", "Would be inserted", "Would be updated", "Would fail"]
    } else {
        ["Users read", "Inserted", "Updated", "Failed"]
    };
    let [read, in_, up, fail] = of_users;
    [(read, total), (in_, inserted), (up, updated), (fail, failed), ("Attributes passed over", passed_over)]
}

/// What to do after a dry run.
fn next(id: JobId, imported: u64, can_import: bool, import: Form) -> AnyView {
    match (imported, can_import) {
        (0, _) => {
            view! { <p class="figures-next">"Nothing was changed, and no user of this file would be imported."</p> }
        }
        (_, false) => view! { <p class="figures-next">"Nothing was changed."</p> },
        (_, true) => view! {
            <div class="figures-next">
                <p>
                    "Nothing was changed. The import takes the same file with the same settings; it is not uploaded again."
                </p>
                <SubmitForm form=import>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button
                        class="button button-primary"
                        type="submit"
                        aria-busy=move || import.pending().then_some("true")
                    >
                        "Import these users"
                    </button>
                </SubmitForm>
            </div>
        },
    }
}
