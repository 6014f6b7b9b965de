//! One file or folder per page.

pub mod activity;
pub mod clients;
pub mod export;
pub mod import;
pub mod invitation;
pub mod jobs;
pub mod members;
pub mod my_sessions;
pub mod not_found;
pub mod profile;
pub mod set_up;
pub mod sign_in;
pub mod sign_in_code;
pub mod users;

use super::lazy::part;

// A first visit loads the framework, the frame of a member's pages, and the one part that its page is in. Pages are in one
// part where they share nearly all, or where both are light. Each part more makes all of them come in more files: what two of
// them have in common is a file of its own, and so is what three have.
part!(gate {
    SIGN_IN: sign_in_page => sign_in::SignInPage,
    SIGN_IN_CODE: sign_in_code_page => sign_in_code::SignInCodePage,
    SET_UP: set_up_page => set_up::SetUpPage,
    INVITATION: invitation_page => invitation::InvitationPage,
});
part!(users {
    USERS: users_page => users::list::UsersPage,
    USER: user_page => users::user::UserPage,
});
part!(jobs {
    JOBS: jobs_page => jobs::list::JobsPage,
});
part!(job {
    JOB: job_page => jobs::job::JobPage,
});
part!(export {
    EXPORT: export_page => export::ExportPage,
});
part!(import {
    IMPORT: import_page => import::ImportPage,
});
part!(activity {
    ACTIVITY: activity_page => activity::ActivityPage,
});
part!(members {
    MEMBERS: members_page => members::MembersPage,
});
part!(sessions {
    MEMBER: member_page => members::member::MemberPage,
    MY_SESSIONS: my_sessions_page => my_sessions::MySessionsPage,
});
part!(account {
    PROFILE: profile_page => profile::ProfilePage,
    SET_UP_APP: set_up_app_page => profile::set_up_app::SetUpAppPage,
    RECOVERY_CODES: recovery_codes_page => profile::recovery_codes::RecoveryCodesPage,
});
part!(clients {
    CLIENTS: clients_page => clients::ClientsPage,
});
