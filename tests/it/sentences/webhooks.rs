//! What is promised of a call by webhook, and which story shows each exception.

use super::{Paragraph, Sentence};

const fn said(says: &'static str, shown_by: &'static [&'static str]) -> Sentence {
    Sentence { says, shown_by }
}

pub const PARAGRAPHS: &[Paragraph] = &[
    Paragraph {
        title: "Through either door",
        sentences: &[
            said(
                "Every phone rings, and whoever picks up first talks with the caller.",
                &[
                    "story::by_webhook::whoever_picks_up_an_open_call_talks_with_the_caller",
                    "story::by_webhook::the_first_to_pick_up_has_the_call",
                ],
            ),
            said(
                "Nobody picks up: the caller, who was not answered and pays nothing, hears busy.",
                &[
                    "story::by_webhook::nobody_picks_up_and_the_caller_hears_busy",
                    "story::twilio::nobody_picks_up_a_cell_and_the_caller_hears_busy",
                    "story::twilio::with_nobody_to_ring_the_caller_is_not_answered_and_hears_busy_in_the_end",
                ],
            ),
            said(
                "Who hangs up before that is in the log as missed.",
                &["story::by_webhook::the_caller_hangs_up_before_anybody_picks_up"],
            ),
            said(
                "A blocked caller is refused, and so is a number of nobody's; both are in the log.",
                &[
                    "story::by_webhook::a_blocked_caller_is_refused",
                    "story::by_webhook::a_number_of_nobodys_is_refused_and_logged",
                ],
            ),
            said(
                "Who withholds the number, or is not named at all, has a row, and cells are asked for a key.",
                &["story::twilio::who_is_not_named_at_all_is_withheld_and_has_a_row"],
            ),
            said(
                "The row is durable before anything is answered.",
                &["story::twilio::a_document_waits_for_the_row_and_no_longer"],
            ),
        ],
    },
    Paragraph {
        title: "The caller is brought to our SIP port",
        sentences: &[
            said(
                "By a token that is good for one call, for a quarter of an hour; without one a stranger gets nothing.",
                &[
                    "story::twilio::a_token_is_good_for_one_call_and_no_other",
                    "story::twilio::a_token_that_is_found_later_is_good_for_nothing",
                    "lib door::token::tests::a_token_is_read_by_whoever_has_the_secret_and_cannot_be_changed",
                ],
            ),
            said(
                "A flood of strangers does not keep them out, nor from hanging up: the token stands in the first line.",
                &["story::strangers::a_flood_of_strangers_takes_nothing_from_a_caller_whom_twilio_brings"],
            ),
            said(
                "Where that port cannot be reached, the carrier rings the cells instead.",
                &[
                    "story::twilio::where_our_sip_port_cannot_be_reached_cells_ring_instead",
                    "story::twilio::a_mailbox_that_is_faster_than_the_way_to_us_does_not_cut_it",
                ],
            ),
        ],
    },
    Paragraph {
        title: "Cells that the carrier rings",
        sentences: &[
            said(
                "Whoever picks up hears who is calling, twice, and has the call only once they press a key.",
                &[
                    "story::twilio::a_cell_has_the_call_only_when_a_key_is_pressed",
                    "story::twilio::a_caller_who_hangs_up_on_a_cell_has_ended_the_call",
                ],
            ),
            said(
                "A mailbox never has a caller: its line is left out, and the others ring again while the caller waits.",
                &[
                    "story::twilio::a_mailbox_does_not_have_the_call_and_the_others_ring_again",
                    "story::twilio::a_mailbox_gives_the_call_back_to_the_desk_phones",
                ],
            ),
            said(
                "Phones of the shop ring beside them, through our SIP port.",
                &[
                    "story::twilio::the_desk_phones_ring_by_sip_beside_the_cells",
                    "story::twilio::a_cell_takes_it_from_the_desk_phones",
                ],
            ),
        ],
    },
    Paragraph {
        title: "The closed shop",
        sentences: &[
            said(
                "The caller hears the shop's name and when it opens next, and leaves a message of up to 180 s.",
                &[
                    "story::twilio::a_closed_shop_says_when_it_opens_and_takes_a_message",
                    "story::twilio::whoever_has_said_enough_is_hung_up_on_and_the_message_is_kept",
                    "story::twilio::who_leaves_before_the_beep_has_left_no_message",
                    "story::twilio::silence_is_no_message_and_is_forgotten_there_too",
                ],
            ),
            said(
                "Words that the shop has recorded are heard, with the times of that moment; without any, the carrier's voice \
                 says the same words. What is played has a name that nobody guesses, and ends with what it says.",
                &[
                    "story::twilio::the_shops_own_greeting_is_played_and_the_time_is_true",
                    "lib door::twilio::greeting_link::tests::an_address_is_read_by_whoever_has_the_secret_and_cannot_be_changed",
                    "web own_greeting::it_is_kept_by_carriers_for_as_long_as_it_is_true",
                    "web own_greeting::another_recording_has_another_name_and_the_old_one_is_heard_no_more",
                ],
            ),
            said(
                "What is safe here is deleted at the carrier's, and nothing else is.",
                &["story::twilio::what_cannot_be_kept_is_not_deleted_there"],
            ),
            said(
                "A message of which nobody tells is looked for half a minute after the caller has left, and after a restart.",
                &[
                    "story::twilio::a_message_of_which_nobody_tells_is_found",
                    "story::twilio::a_message_that_is_told_of_while_it_is_looked_for_is_one_message",
                ],
            ),
        ],
    },
    Paragraph {
        title: "News in any order",
        sentences: &[
            said(
                "Five pieces of news in any of their 120 orders make the same row; twice is once, and each may be lost.",
                &[
                    "twilio_orders::five_news_in_any_order_make_the_same_row",
                    "twilio_orders::the_same_news_twice_are_the_same_news",
                    "twilio_orders::each_piece_of_news_may_be_lost",
                ],
            ),
            said(
                "A whole day of forms, in any order that the carrier may bring it, late, twice and with losses, ends with the same log.",
                &["twilio_replay::a_day_of_forms_in_any_order_late_twice_and_lost_makes_the_same_log"],
            ),
            said(
                "A call of which nothing is heard any more is closed all the same.",
                &["story::twilio::a_call_whose_news_are_lost_is_closed_all_the_same"],
            ),
            said(
                "A call that an earlier process has begun is over where its people have talked, and else is taken as a new one.",
                &[
                    "twilio_orders::an_unknown_call_on_an_action_url_is_over_or_a_new_one",
                    "twilio_orders::a_call_that_an_earlier_process_has_begun_goes_on_from_there",
                ],
            ),
        ],
    },
];

/// Of each exception in its table, in that order.
pub const EXCEPTIONS_SHOWN_BY: [&str; ringall::door::twilio::exceptions::EXCEPTIONS.len()] = [
    "story::twilio::a_later_cell_is_a_round_of_its_own_with_all_the_others",
    "story::twilio::a_cell_takes_it_from_the_desk_phones",
    "story::twilio::desk_phones_miss_what_a_cell_has_taken",
    "story::twilio::ten_ring_at_once_and_the_others_15_s_later",
    "story::twilio::where_our_sip_port_cannot_be_reached_cells_ring_instead",
    "story::twilio::nobody_picks_up_from_the_machine_at_twilio",
];
