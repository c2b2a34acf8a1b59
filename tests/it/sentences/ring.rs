//! How a call rings, sentence by sentence.

use super::{Paragraph, Sentence};

const fn said(says: &'static str, shown_by: &'static [&'static str]) -> Sentence {
    Sentence { says, shown_by }
}

pub const PARAGRAPHS: &[Paragraph] = &[
    Paragraph {
        title: "Who rings",
        sentences: &[
            said(
                "With `numbers` set, the called number picks the shop; any other gets 404 and a `refused` row without shop.",
                &[
                    "story::several_shops::the_called_number_picks_the_shop",
                    "story::several_shops::a_number_of_neither_gets_404_and_a_row_without_shop",
                    "story::refusals::a_number_that_is_nobodys_gets_404",
                ],
            ),
            said("A blocked caller gets 486, and no phone rings.", &["story::refusals::a_blocked_caller_gets_busy"]),
            said(
                "The phones of a wave ring whose own hours allow it and who are not \"off until …\".",
                &[
                    "story::who_rings::a_phone_rings_until_the_minute_its_own_hours_end",
                    "story::who_rings::a_phone_that_is_off_rings_again_from_the_instant_it_is_off_until",
                ],
            ),
            said(
                "A phone may have hours of its own, so an on-call phone serves a shop that is open longer than its staff.",
                &["story::who_rings::an_on_call_phone_serves_a_shop_that_is_open_longer_than_its_staff"],
            ),
            said(
                "A live call keeps the decision it was given: its phones, its waves, its time, whatever the owner changes meanwhile.",
                &[
                    "story::who_rings::what_the_owner_changes_while_it_rings_is_for_the_next_call",
                    "story::joining::a_phone_the_owner_adds_while_it_rings_is_for_the_next_call",
                    "story::closed::a_call_that_rings_at_closing_time_rings_on",
                ],
            ),
            said(
                "Every place where such a phone has registered gets its own INVITE, all at once.",
                &[
                    "story::ring_all::every_phone_is_rung_in_the_instant_the_call_arrives",
                    "story::registering::both_bindings_of_one_phone_ring",
                    "story::ring_all::each_phone_has_a_dialog_of_its_own",
                ],
            ),
            said(
                "A talking phone is left out while another can ring, whichever call, shop or telephone of its user it talks in.",
                &[
                    "story::call_waiting::a_talking_phone_is_left_out_while_another_can_ring",
                    "story::call_waiting::a_later_wave_rings_before_those_who_talk",
                    "story::call_waiting::a_user_who_talks_is_left_out_at_every_telephone",
                    "story::call_waiting::a_telephone_of_two_shops_talks_for_both",
                    "story::call_waiting::a_phone_that_talks_with_a_colleague_is_left_out_and_freed_too",
                ],
            ),
            said(
                "When all talk, all are rung (call waiting).",
                &[
                    "story::call_waiting::when_all_talk_all_are_rung",
                    "story::call_waiting::who_talks_is_rung_when_the_last_other_has_said_no",
                    "story::call_waiting::who_talks_is_rung_when_the_others_are_silent_and_nobody_is_given_up",
                ],
            ),
            said(
                "Later waves are added after their delay, and only add.",
                &["story::who_rings::a_later_wave_only_adds"],
            ),
            said(
                "When nothing of the started waves rings, the next starts at once.",
                &[
                    "story::who_rings::a_later_wave_starts_at_once_when_nothing_rings",
                    "story::who_rings::the_next_wave_is_not_waited_for_when_the_last_ring_of_this_one_ends",
                    "story::give_up::a_later_wave_is_asked_before_anybody_is_given_up",
                ],
            ),
            said(
                "A place not yet offered this call joins the ring, with its wave; a refresh is not new.",
                &[
                    "story::joining::a_phone_that_registers_while_a_caller_waits_joins_the_ring",
                    "story::joining::a_second_telephone_of_a_phone_joins_and_the_first_rings_on",
                    "story::joining::it_rings_for_every_caller_who_waits_the_oldest_first",
                    "story::joining::a_phone_of_a_later_wave_joins_with_its_wave",
                    "story::joining::a_phone_that_is_off_does_not_join",
                    "story::joining::a_telephone_that_moves_while_it_rings_rings_where_it_is_now",
                    "story::joining::a_refresh_is_not_new",
                ],
            ),
            said(
                "The caller hears ringing only while a phone rings or is about to.",
                &[
                    "story::joining::nobody_is_there_until_somebody_comes_and_only_then_it_rings",
                    "story::give_up::a_minute_after_the_last_phone_said_no_the_shop_still_serves",
                    "story::give_up::a_phone_that_rings_again_after_the_minute_is_announced_again",
                ],
            ),
        ],
    },
    Paragraph {
        title: "What a branch can do",
        sentences: &[
            said(
                "Any final answer but 2xx ends only that branch.",
                &[
                    "story::branch_ends::any_refusal_ends_only_its_own_branch",
                    "story::branch_ends::what_a_phone_cannot_take_is_not_asked_of_it_again",
                ],
            ),
            said("3xx is never followed.", &["story::branch_ends::a_phone_never_forwards_a_customer"]),
            said(
                "603, or 486 within 20 s from a phone with no other leg of ours, is a decline and stands for this call.",
                &[
                    "story::branch_ends::a_decline_stands_for_this_call",
                    "story::branch_ends::a_486_is_somebody_saying_no_for_20_s_and_then_the_phones_own_timer",
                    "story::call_waiting::a_decline_stands_when_the_phone_is_free",
                ],
            ),
            said(
                "The other places of a phone that declined ring on.",
                &["story::branch_ends::a_decline_is_of_one_place_and_its_other_places_ring_on"],
            ),
            said(
                "480, 408, 5xx or a later 486 (the phone's own ring timer): INVITE again after 5 s.",
                &[
                    "story::branch_ends::a_phone_in_trouble_is_rung_again_after_5_s",
                    "story::branch_ends::a_phone_whose_own_ring_timer_ends_is_rung_again",
                    "story::branch_ends::a_phone_that_stays_in_trouble_is_tried_every_5_s_and_the_others_ring",
                ],
            ),
            said(
                "No response at all: again when the phone next proves alive, by a REGISTER or an answer.",
                &[
                    "story::joining::a_silent_phone_is_rung_again_when_it_registers",
                    "story::joining::a_silent_phone_is_rung_again_when_it_registers_from_another_port_than_it_is_called_at",
                    "story::joining::a_silent_phone_is_rung_again_when_it_answers_that_it_is_there",
                ],
            ),
            said(
                "486 from a phone with another leg of ours: when that leg has ended.",
                &[
                    "story::call_waiting::a_caller_waits_for_phones_that_know_no_call_waiting",
                    "story::call_waiting::a_phone_busy_with_another_ring_of_ours_rings_when_that_has_stopped",
                    "story::call_waiting::a_phone_that_is_busy_with_somebody_elses_call_has_said_no",
                    "story::call_waiting::a_phone_that_is_not_to_be_disturbed_is_asked_twice_by_each_of_many_at_most",
                ],
            ),
            said(
                "A freed phone gets one INVITE per waiting caller, oldest first.",
                &[
                    "story::call_waiting::a_freed_phone_rings_once_for_each_who_waits_the_oldest_first",
                    "story::call_waiting::a_phone_is_free_when_it_has_heard_that_the_caller_hung_up",
                    "story::call_waiting::a_phone_with_a_second_conversation_is_not_free",
                    "story::call_waiting::a_phone_that_was_rung_while_it_talked_is_not_rung_again_when_it_is_free",
                    "story::races::two_phones_are_freed_in_the_same_instant_and_each_rings_for_each",
                ],
            ),
        ],
    },
    Paragraph {
        title: "The caller's leg",
        sentences: &[
            said("100 at once.", &["story::ring_all::every_phone_is_rung_in_the_instant_the_call_arrives"]),
            said(
                "One 180 without SDP, repeated every 60 s.",
                &["story::ring_all::ringing_is_said_once_without_sdp_and_again_each_minute"],
            ),
            said(
                "A caller who requires it (`100rel`) is told of the ringing until it has arrived; a phone that does is told so.",
                &[
                    "story::reliable::a_caller_who_requires_it_is_told_of_the_ringing_until_it_has_arrived",
                    "story::reliable::who_only_could_is_not_asked_to",
                    "story::reliable::a_phone_that_requires_it_is_told_that_its_ringing_has_arrived",
                ],
            ),
            said("Never a phone's early media.", &["story::ring_all::early_media_of_a_phone_is_never_heard"]),
            said(
                "200 only when somebody is on the line.",
                &[
                    "story::one_winner::who_picks_up_has_the_call_and_is_heard",
                    "open_means_people::no_order_of_events_leads_an_open_call_to_a_recording",
                ],
            ),
            said(
                "An INVITE without an offer gets ours in the 200.",
                &["story::ring_all::a_call_without_an_offer_gets_ours_in_the_200"],
            ),
            said(
                "Phones are always offered PCMU, PCMA and telephone-event besides the trunk's codecs.",
                &[
                    "story::ring_all::phones_are_offered_both_laws_and_digits_at_our_own_port",
                    "lib media::sdp::agree::tests::phones_are_offered_both_laws_and_keys_besides_the_callers_own",
                ],
            ),
            said(
                "μ-law and A-law are converted by table when the sides differ.",
                &[
                    "story::ring_all::sides_with_different_laws_hear_each_other",
                    "lib media::g711::tests::a_converted_sample_sounds_the_same",
                ],
            ),
            said(
                "A shared codec passes untouched.",
                &[
                    "story::ring_all::a_codec_of_the_trunk_that_a_phone_knows_passes_untouched",
                    "lib media::sdp::agree::tests::a_shared_codec_passes_untouched",
                ],
            ),
            said(
                "Each leg's message and SDP are written anew from an allow-list: nothing else crosses.",
                &[
                    "story::ring_all::nothing_crosses_to_the_phones_but_what_is_on_the_list",
                    "story::ring_all::nothing_crosses_to_the_caller_either",
                ],
            ),
            said(
                "Required extensions we lack get 420.",
                &["story::refusals::an_extension_we_lack_gets_420_that_names_it"],
            ),
            said(
                "At `give_up_after_s` (default 120, 30 to 300) the caller gets 486: busy, never a recording; the call is *missed*.",
                &[
                    "story::give_up::the_caller_hears_ringing_and_then_busy",
                    "story::give_up::by_default_it_rings_for_two_minutes",
                    "story::call_waiting::when_no_phone_is_ever_free_the_caller_hears_busy_at_give_up",
                    "lib cli::shop_file::tests::every_mistake_is_named_with_its_place",
                ],
            ),
            said(
                "Nothing reachable at all for 20 s: the same.",
                &[
                    "story::give_up::when_nothing_can_be_reached_she_hears_busy_after_20_s",
                    "story::joining::where_nobody_is_and_nobody_comes_she_hears_busy_after_20_s",
                    "story::call_waiting::a_caller_waits_for_phones_that_know_no_call_waiting",
                ],
            ),
            said(
                "The owner is told of a call for which no phone rang, and why none did: of the first at once, of more of them half an hour later.",
                &[
                    "story::notices::nobody_reachable_for_20_s_alarms_the_owner_once",
                    "story::notices::a_storm_of_calls_is_one_notice_and_half_an_hour_later_a_count",
                    "story::notices::where_no_phone_has_ever_registered_the_owner_hears_that",
                    "story::notices::phones_that_say_they_cannot_are_named_as_such",
                    "story::notices::where_all_are_off_the_owner_hears_that_none_is_to_ring",
                    "story::notices::where_the_give_up_time_comes_first_the_owner_hears_too",
                    "story::notices::each_shop_has_notices_of_its_own",
                ],
            ),
            said(
                "When a phone has rung meanwhile, the next such call is told of at once, but not within five minutes.",
                &[
                    "story::notices::it_comes_again_after_it_was_over",
                    "story::notices::what_comes_and_goes_is_not_told_each_time",
                ],
            ),
            said(
                "The owner is not told of a call that somebody refused, or that a colleague made.",
                &[
                    "story::notices::of_phones_that_rang_or_said_no_there_is_nothing_to_tell",
                    "story::notices::a_colleague_whom_nobody_answers_is_no_alarm",
                ],
            ),
            said(
                "A call that goes in a circle rings nobody twice.",
                &[
                    "story::loops::an_invite_of_ours_that_comes_back_gets_482_and_rings_nobody",
                    "story::loops::each_round_has_one_hop_less",
                ],
            ),
            said(
                "A flood of new calls keeps nobody who talks from hanging up.",
                &["story::crowded::a_flood_of_new_calls_keeps_nobody_from_hanging_up"],
            ),
            said(
                "503 only when the whole service drains.",
                &[
                    "story::races::the_service_stops_while_it_rings_and_as_somebody_picks_up",
                    "story::closed::a_service_that_stops_before_anything_was_heard_says_503",
                ],
            ),
        ],
    },
    Paragraph {
        title: "One winner",
        sentences: &[
            said(
                "First acceptance wins, atomically.",
                &[
                    "story::one_winner::two_people_pick_up_in_the_same_millisecond_and_one_has_the_call",
                    "story::one_winner::all_pick_up_in_the_same_millisecond_and_one_has_the_call",
                    "story::one_winner::phones_that_pick_up_by_themselves_without_a_ring_have_one_winner_too",
                    "story::bad_network::however_bad_the_network_a_call_has_one_row_and_one_winner",
                ],
            ),
            said(
                "Losers get CANCEL: after a provisional answer at once, before one on its arrival.",
                &[
                    "story::one_winner::the_others_stop_ringing_at_once_and_show_no_missed_call",
                    "story::one_winner::a_phone_that_has_said_nothing_is_cancelled_when_it_first_does",
                ],
            ),
            said(
                "Its Reasons are `SIP;cause=200;text=\"Call completed elsewhere\"` and `Q.850;cause=26`, so no phone shows a missed call.",
                &[
                    "story::one_winner::the_others_stop_ringing_at_once_and_show_no_missed_call",
                    "story::one_winner::a_loser_whose_cancel_is_lost_is_told_again",
                ],
            ),
            said(
                "A loser that answered meanwhile gets ACK, then BYE.",
                &[
                    "story::one_winner::a_pick_up_that_crosses_our_cancel_gets_ack_then_bye",
                    "story::one_winner::a_phone_that_has_said_nothing_and_picks_up_too_late_gets_ack_then_bye",
                    "story::one_winner::a_loser_whose_ack_and_bye_are_lost_gets_both_again",
                ],
            ),
            said(
                "When the caller gives up it is `Q.850;cause=16`, without cause=200: phones show the missed call.",
                &["story::one_winner::when_the_caller_gives_up_every_phone_shows_a_missed_call"],
            ),
            said(
                "At give-up it is `Q.850;cause=19`, without cause=200: phones show the missed call.",
                &["story::one_winner::at_give_up_every_phone_shows_a_missed_call"],
            ),
        ],
    },
    Paragraph {
        title: "Cell phones",
        sentences: &[
            said(
                "A cell that picks up has the call only when a key is pressed there; until then the others ring on, and the caller hears ringing.",
                &[
                    "story::cells::a_cell_that_picks_up_has_the_call_only_when_a_key_is_pressed",
                    "story::cells::a_key_told_by_info_counts_too",
                ],
            ),
            said(
                "Whoever picks up hears who is calling, by the name that the owner gave them or else by their number, and which call of theirs it is; twice.",
                &[
                    "story::cells::whoever_picks_up_a_cell_hears_who_calls_and_which_call_it_is",
                    "story::cells::a_caller_without_a_spoken_name_is_said_digit_by_digit",
                ],
            ),
            said(
                "Where no key is pressed it is hung up, and not rung again for this call: a mailbox never has a customer.",
                &[
                    "story::cells::a_mailbox_that_picks_up_is_dropped_and_never_has_the_call",
                    "story::cells::a_machine_that_never_says_that_it_has_spoken_does_not_keep_the_line",
                    "story::cells::whoever_hangs_up_instead_of_pressing_a_key_is_not_rung_again",
                ],
            ),
            said(
                "Whoever is asked while a colleague takes the call, or while the caller hangs up, hears so before the line is cut.",
                &[
                    "story::cells::whoever_is_asked_while_a_colleague_picks_up_hears_so_and_is_hung_up",
                    "story::cells::a_caller_who_hangs_up_while_a_cell_is_asked_is_missed_and_the_cell_is_told",
                ],
            ),
            said(
                "A line that has picked up three times in a row without a key is rung 15 s after its wave, and the owner is told; a key there puts it back.",
                &[
                    "story::cells::a_line_that_picks_up_three_times_without_a_key_is_rung_later_until_somebody_presses_one",
                    "story::cells::a_line_that_picks_up_without_a_key_is_rung_at_once_where_nobody_else_can_be",
                    "story::cells::a_restart_remembers_which_lines_picked_up_without_a_key",
                ],
            ),
            said(
                "A trunk's last channel is never taken for a cell: it is the next customer's.",
                &["story::cells::the_last_channel_is_the_next_customers"],
            ),
            said(
                "The carrier is shown the shop's number, or the caller with who answers for it; a withheld caller stays withheld.",
                &[
                    "story::cells::the_carrier_is_asked_for_the_number_and_shown_the_shops",
                    "story::cells::a_carrier_that_lets_it_pass_shows_the_caller_and_who_answers_for_it",
                    "story::cells::a_withheld_number_stays_withheld",
                ],
            ),
            said(
                "A carrier that challenges our INVITE is answered, once; where we are not registered, no cell is called.",
                &[
                    "story::cells::a_carrier_that_asks_who_calls_is_answered_once",
                    "story::cells::a_carrier_that_knows_another_password_is_not_asked_for_ever",
                    "story::cells::without_a_registration_no_cell_is_called",
                ],
            ),
        ],
    },
    Paragraph {
        title: "Calling out",
        sentences: &[
            said(
                "A phone that has proved its password with this very call calls a number outside; the log has it, with direction `out`.",
                &[
                    "story::calling_out::a_phone_calls_a_number_outside_and_they_talk",
                    "story::calling_out::one_number_in_all_its_spellings_is_called_by_one",
                    "story::calling_out::who_was_called_holds_and_hangs_up",
                    "story::calling_out::a_call_outside_waits_for_its_row_like_any_other",
                ],
            ),
            said(
                "The carrier is shown the shop's number, or our account where we register, and nothing of the phone's.",
                &[
                    "story::calling_out::the_carrier_is_shown_the_shops_number_and_nothing_of_the_phones",
                    "story::calling_out::a_carrier_that_we_register_with_is_shown_our_account_and_asked_who_we_are_once",
                ],
            ),
            said(
                "The phone hears what the carrier says: ringing, the carrier's own sound before anybody has picked up, or that it does not go.",
                &[
                    "story::calling_out::the_carriers_own_sound_is_heard_before_anybody_picks_up",
                    "story::calling_out::sound_before_anybody_picks_up_ends_with_the_call",
                    "story::calling_out::what_the_carrier_says_of_the_number_is_what_the_phone_hears",
                    "story::calling_out::nobody_waits_for_ever",
                    "story::calling_out::a_pick_up_that_crosses_the_hang_up_is_hung_up_on",
                ],
            ),
            said(
                "Whoever was spoken with is owed no call.",
                &["story::calling_out::who_was_owed_a_call_and_was_spoken_with_is_owed_none"],
            ),
            said(
                "Premium numbers, countries that the owner has not named, and numbers that do not exist are refused in words, logged, and the owner is told.",
                &[
                    "story::calling_out::premium_and_foreign_numbers_are_refused_logged_and_told",
                    "story::calling_out::the_owner_names_the_countries_that_may_be_called",
                    "story::calling_out::what_is_neither_a_phone_nor_a_number_is_refused_in_words",
                ],
            ),
            said(
                "Two calls go out at once, and a hundred a day, which last ten hours together; of more the owner is told.",
                &[
                    "story::calling_out::two_calls_go_out_at_once_and_no_third",
                    "story::calling_out::a_hundred_calls_go_out_in_a_day_and_the_next_day_as_many",
                    "story::calling_out::phones_talk_outside_for_ten_hours_a_day_and_the_next_day_as_long",
                ],
            ),
            said(
                "The last channel of a carrier is the next customer's.",
                &["story::calling_out::the_last_channel_is_the_next_customers_but_for_help"],
            ),
            said(
                "Emergency numbers go above every limit, by the last channel and when there is none, and from phones without a password too.",
                &[
                    "story::calling_out::help_is_called_above_every_limit_by_every_phone",
                    "story::calling_out::each_countrys_own_numbers_for_help_are_help",
                    "story::calling_out::a_carrier_that_fails_is_not_the_last_word_for_help",
                    "story::calling_out::without_a_carrier_that_takes_calls_the_phone_is_told_in_words",
                ],
            ),
            said(
                "Nobody else reaches a carrier: no stranger, no phone without its password, no customer, and nobody by REFER, 302 or Diversion.",
                &[
                    "story::calling_out::strangers_reach_no_carrier_whatever_they_dial",
                    "story::calling_out::a_registered_phone_without_its_password_reaches_no_carrier",
                    "story::calling_out::a_phone_without_a_password_calls_nobody_outside",
                    "story::calling_out::a_carriers_call_never_goes_out_again",
                    "story::calling_out::no_phone_sends_a_call_outside_by_302_or_refer",
                ],
            ),
        ],
    },
    Paragraph {
        title: "A drill",
        sentences: &[
            Sentence {
                says: "A phone that somebody at the page wants to try rings once, for 10 s, and shows `TEST`; the page says whether it rang and whether somebody lifted it. No customer is called, nothing is logged, and no phone shows a missed call.",
                shown_by: &[
                    "story::drill::a_drilled_phone_rings_once_and_shows_no_missed_call",
                    "story::drill::whoever_lifts_a_drilled_phone_is_let_go",
                    "story::drill::a_phone_that_does_not_ring_is_told_of",
                ],
            },
            Sentence {
                says: "A customer who calls goes before a drill.",
                shown_by: &["story::drill::a_customer_who_calls_goes_before_a_drill"],
            },
            Sentence {
                says: "Where the owner wants it, each phone that is to ring then is rung so ten minutes before each opening that callers are told of: once, not on a closed day, not while somebody calls, and not when the service starts after that. The owner is told of those that did not ring.",
                shown_by: &[
                    "story::before_opening::each_phone_rings_once_ten_minutes_before_the_shop_opens",
                    "story::before_opening::nobody_is_rung_where_the_owner_does_not_want_it_or_no_longer",
                    "story::before_opening::a_service_that_starts_late_makes_up_for_nothing",
                    "story::before_opening::a_day_that_is_closed_is_left_alone_and_so_is_a_short_break",
                    "story::before_opening::nobody_is_rung_while_somebody_calls_but_when_they_are_gone",
                    "story::before_opening::a_phone_that_does_not_ring_is_told_of_once_and_until_it_rings",
                    "story::before_opening::who_is_off_that_day_is_not_rung",
                ],
            },
        ],
    },
    Paragraph {
        title: "The greeting, said at a phone",
        sentences: &[
            Sentence {
                says: "A phone that the owner has rung for it at the page says when to speak, and what is said until `#`, 8 s of silence, the end of the call or the greeting's 12 s waits at the page. Nothing is logged, and no phone shows a missed call.",
                shown_by: &[
                    "story::saying_the_greeting::the_phone_rings_and_what_is_said_until_the_pound_key_waits_at_the_page",
                    "story::saying_the_greeting::it_ends_by_hanging_up_by_silence_and_at_the_greetings_own_limit",
                    "story::saying_the_greeting::who_hangs_up_before_the_beep_has_said_nothing",
                    "story::saying_the_greeting::a_phone_that_nobody_lifts_shows_no_missed_call",
                    "story::saying_the_greeting::a_service_that_stops_hangs_up_on_who_speaks",
                ],
            },
            Sentence {
                says: "Customers go first: the phone of who speaks is one that talks, all others ring, and one that nobody has lifted yet rings for the customer.",
                shown_by: &[
                    "story::saying_the_greeting::a_customer_who_calls_finds_the_phone_of_who_speaks_busy_and_all_others_ringing",
                    "story::saying_the_greeting::a_customer_who_calls_goes_before_a_phone_that_nobody_has_lifted_yet",
                    "story::saying_the_greeting::while_the_owner_speaks_a_closed_shop_greets_as_ever",
                ],
            },
        ],
    },
    Paragraph {
        title: "Calling back",
        sentences: &[
            Sentence {
                says: "20 s after a caller who waited 10 s or more gave up in open hours, the free phones that have registered and are on duty ring once, for 20 s, and show `MISSED` and who it is.",
                shown_by: &[
                    "story::calling_back::free_phones_ring_once_for_a_caller_who_gave_up",
                    "story::calling_back::a_spanish_shop_says_so_in_spanish",
                    "story::calling_back::a_phone_in_use_is_not_rung_for_a_call_back",
                ],
            },
            Sentence {
                says: "Nobody rings for who waited less, withholds their number, is blocked or found it closed; nor once somebody has spoken with them, dialled them or taken it on, they call again, the shop has closed, or the owner wants none of it.",
                shown_by: &[
                    "story::calling_back::nobody_rings_for_who_did_not_wait_who_withholds_and_who_found_it_closed",
                    "story::calling_back::nobody_rings_once_the_shop_has_closed_or_the_owner_wants_none",
                    "story::calling_back::nobody_rings_for_who_was_spoken_with_or_taken_on_meanwhile",
                    "story::calling_back::a_ring_that_is_not_needed_any_more_stops_and_shows_nothing_missed",
                    "story::calling_back::who_calls_again_rings_as_a_caller_and_not_twice",
                ],
            },
            Sentence {
                says: "Whoever lifts hears the ringing tone, or what the carrier lets be heard, and is put through as if they had dialled; what nobody lifts is in no log.",
                shown_by: &[
                    "story::calling_back::whoever_lifts_hears_that_it_rings_and_is_put_through",
                    "story::calling_back::what_the_carrier_lets_be_heard_takes_the_place_of_the_tone",
                    "story::calling_back::a_call_back_waits_for_its_row_like_any_other",
                    "story::calling_back::whoever_lifts_and_hangs_up_again_is_no_call_that_was_answered",
                    "story::calling_back::two_who_lift_at_once_make_one_call",
                    "story::calling_back::nobody_who_asked_waits_for_ever",
                ],
            },
            Sentence {
                says: "It goes out within the limits of whatever is dialled, and a ring that nobody has lifted takes nobody's place.",
                shown_by: &[
                    "story::calling_back::a_call_back_goes_out_within_the_same_limits",
                    "story::calling_back::two_calls_that_are_out_leave_no_room_and_a_ring_takes_nobodys",
                    "story::calling_back::each_that_is_lifted_counts_for_the_day",
                ],
            },
            Sentence {
                says: "A phone that somebody at the page asks for rings alone, for 30 s, and calls; one that cannot says why.",
                shown_by: &[
                    "story::calling_back::a_phone_that_somebody_asks_for_rings_alone_and_calls",
                    "story::calling_back::what_cannot_ring_says_why",
                ],
            },
            Sentence {
                says: "Who calls in within a quarter of an hour after a phone called them returns that call: all phones ring, and that one shows `RET` and who it is.",
                shown_by: &[
                    "story::calling_back::who_returns_a_call_is_shown_so_at_the_phone_that_called",
                    "story::calling_back::who_was_called_back_from_the_page_returns_that_call_too",
                ],
            },
        ],
    },
    Paragraph {
        title: "Picking up from the page",
        sentences: &[
            Sentence {
                says: "A phone that somebody at the page asks for is rung for a call that rings elsewhere, hears the greeting or leaves a message; who lifts it has the call, and what was said to the machine is kept.",
                shown_by: &[
                    "story::picking_up::somebody_at_the_page_has_a_phone_rung_that_does_not_and_lifts_it",
                    "story::picking_up::who_hears_the_greeting_is_picked_up_from_the_page",
                    "story::picking_up::who_leaves_a_message_is_picked_up_from_the_page",
                    "story::picking_up::a_phone_that_rings_for_the_call_already_is_not_rung_twice",
                    "story::picking_up::a_phone_that_said_no_rings_again_for_who_asks_at_the_page",
                    "story::picking_up::a_phone_that_says_no_leaves_the_caller_at_the_machine",
                ],
            },
            Sentence {
                says: "It stops when the caller is gone or a colleague has them, and shows a missed call in the first case alone.",
                shown_by: &["story::picking_up::a_caller_who_is_gone_meanwhile_rings_nowhere"],
            },
        ],
    },
    Paragraph {
        title: "Picking up by a short code",
        sentences: &[
            said(
                "A phone that dials `*8` has the call that waits the longest, as if it had rung there: one winner, and the others show no missed call.",
                &[
                    "story::picking_up::a_phone_that_does_not_ring_has_the_call_that_does",
                    "story::picking_up::a_phone_that_rings_may_take_the_call_so_too_and_shows_none_missed",
                    "story::picking_up::two_who_dial_in_the_same_millisecond_are_one_winner",
                ],
            ),
            said(
                "A phone without a password that dials it by UDP is answered first, and has the call once it has acknowledged that: who only writes its address has nobody's.",
                &[
                    "story::picking_up::who_is_not_where_they_write_that_they_are_takes_nobodys_call",
                    "story::picking_up::whoever_writes_an_address_again_and_again_does_not_keep_the_telephone_there_from_its_call",
                    "story::picking_up::a_telephone_that_has_to_show_itself_is_asked_for_no_call_whose_row_is_not_durable",
                ],
            ),
            said(
                "A customer who rings comes first, then one at the closed shop's machine, then a colleague; nobody takes their own call, or one of another shop.",
                &[
                    "story::picking_up::the_customer_who_waits_the_longest_is_first_and_a_colleague_last",
                    "story::picking_up::nobody_can_pick_up_their_own_call",
                    "story::picking_up::the_calls_of_another_shop_are_not_theirs_to_take",
                ],
            ),
            said(
                "A person may interrupt the machine: the greeting, or the recording, of which what was said is kept.",
                &[
                    "story::picking_up::a_person_interrupts_the_greeting",
                    "story::picking_up::a_person_interrupts_the_recording_and_what_was_said_is_kept",
                    "story::picking_up::a_recording_in_which_nobody_had_spoken_is_none",
                    "story::picking_up::what_a_slow_disk_keeps_after_they_have_hung_up_is_kept_all_the_same",
                ],
            ),
            said(
                "What a full disk refuses is offered it each second: there is a message once it has room.",
                &[
                    "story::closed::a_message_that_a_full_disk_refused_is_one_once_there_is_room",
                    "story::closed::what_was_said_before_somebody_picked_up_is_kept_once_the_disk_has_room",
                    "lib media::port::disk::tests::what_it_refuses_at_the_end_is_kept_once_it_can_be",
                ],
            ),
            said(
                "The phone is told who calls, by the name of the answer.",
                &["story::picking_up::it_is_told_who_calls"],
            ),
            said(
                "Where nobody waits it hears 404, and a phone that the caller could not hear 488; the call rings on.",
                &[
                    "story::picking_up::where_nobody_calls_it_is_said_so_in_words",
                    "story::picking_up::a_phone_that_could_not_be_heard_gets_488_and_the_call_rings_on",
                ],
            ),
            said(
                "It proves who it is as for any call; to a stranger there is no answer, and a carrier has called a number.",
                &[
                    "story::picking_up::a_phone_that_registers_proves_who_it_is_and_a_stranger_hears_nothing",
                    "story::picking_up::a_carrier_that_calls_the_code_has_called_a_number",
                ],
            ),
            said(
                "It is answered when the caller is: not before the row is durable.",
                &["story::picking_up::neither_hears_the_other_before_the_row_is_durable"],
            ),
        ],
    },
    Paragraph {
        title: "Giving a call to a colleague",
        sentences: &[
            said(
                "A phone that has a call refers it to another of its shop (REFER): that one rings with the caller's card, and has the call once it picks up.",
                &[
                    "story::transfers::the_colleague_rings_and_has_the_call_once_they_pick_up",
                    "story::transfers::one_transfer_at_a_time",
                    "story::transfers::the_colleague_may_speak_the_other_law",
                ],
            ),
            said(
                "Until then the caller stays connected with who gives the call away, who may hang up at once.",
                &[
                    "story::transfers::the_colleague_rings_and_has_the_call_once_they_pick_up",
                    "story::transfers::whoever_hangs_up_at_once_has_given_the_call_away_all_the_same",
                    "story::transfers::a_phone_that_vanishes_while_it_gives_the_call_away_takes_nobody_with_it",
                ],
            ),
            said(
                "A colleague who says no, cannot, or has not picked up after 30 s leaves the call where it was.",
                &[
                    "story::transfers::a_colleague_who_declines_leaves_the_call_where_it_was",
                    "story::transfers::a_colleague_who_is_not_there_has_half_a_minute",
                    "story::transfers::a_colleague_without_a_codec_of_hers_declines",
                    "story::transfers::a_colleague_who_has_registered_nowhere_is_not_waited_for",
                ],
            ),
            said(
                "Where who gave it away is gone by then, their phone rings for 30 s, then every desk phone for a minute; only then is the caller hung up on.",
                &[
                    "story::transfers::a_call_that_nobody_takes_rings_where_it_came_from_and_then_everywhere",
                    "story::transfers::a_call_that_nobody_at_all_takes_is_over_after_two_minutes",
                    "story::transfers::silence_meanwhile_ends_nothing",
                ],
            ),
            said(
                "A call goes to phones of its shop and nowhere else, and no customer sends it anywhere.",
                &[
                    "story::transfers::a_call_goes_to_phones_of_the_shop_alone",
                    "story::in_dialog::nobody_sends_a_call_elsewhere",
                ],
            ),
        ],
    },
    Paragraph {
        title: "Asking a colleague before",
        sentences: &[
            said(
                "A phone that has two calls puts the others of both together (REFER with Replaces, in either): they talk at once, it is out of both, and their telephones hear of nothing.",
                &[
                    "story::attended::the_customer_talks_with_the_colleague_who_was_asked",
                    "story::attended::the_colleague_holds_asks_and_gives_it_on",
                    "story::attended::who_puts_them_together_may_hang_up_at_once",
                    "story::attended::the_session_timers_go_on",
                ],
            ),
            said(
                "So whoever called, or was called back, comes to talk with a colleague, or whoever called with somebody outside.",
                &[
                    "story::attended::the_customer_talks_with_the_colleague_who_was_asked",
                    "story::attended::the_customer_talks_with_somebody_outside_who_was_asked",
                    "story::attended::who_was_called_back_talks_with_the_colleague",
                ],
            ),
            said(
                "Nobody is called anew by it, and what is out still counts as out.",
                &[
                    "story::attended::the_customer_talks_with_somebody_outside_who_was_asked",
                    "story::attended::a_call_that_was_given_to_somebody_outside_still_counts_as_out",
                ],
            ),
            said(
                "What cannot be put together stays as it was: two customers, two whom the shop has called outside, help, who only rings, another phone's call.",
                &[
                    "story::attended::two_customers_are_not_put_together",
                    "story::attended::two_who_were_both_called_outside_are_not_put_together",
                    "story::attended::a_call_for_help_is_given_to_nobody",
                    "story::attended::a_colleague_who_still_rings_is_not_put_through",
                    "story::attended::only_ones_own_calls_are_put_together",
                ],
            ),
            said(
                "Both calls are in the log, each with whom it was given to.",
                &["story::attended::the_customer_talks_with_the_colleague_who_was_asked"],
            ),
        ],
    },
    Paragraph {
        title: "Lamps",
        sentences: &[
            said(
                "A phone that proves its password hears how a colleague's stands (SUBSCRIBE to `dialog`): ringing, talking or neither, at once and at each change.",
                &[
                    "story::lamps::a_key_shows_that_a_colleagues_phone_rings_and_talks",
                    "story::lamps::a_phone_that_another_has_answered_for_is_dark_again",
                    "story::lamps::a_key_that_is_lit_while_a_phone_rings_shows_it",
                    "story::lamps::who_withholds_their_number_is_not_shown_by_it",
                ],
            ),
            said(
                "One word is under way at a time, and the next says how it stands by then.",
                &["story::lamps::one_word_at_a_time_so_that_the_newest_is_read_last"],
            ),
            said(
                "It lasts five minutes at most and is put off by asking again; it ends with the phone's registration, and when a word is refused or not answered.",
                &[
                    "story::lamps::a_key_is_lit_as_long_as_it_asks_again",
                    "story::lamps::a_key_that_is_given_up_hears_no_more",
                    "story::lamps::a_phone_that_is_not_registered_any_more_is_told_no_more",
                    "story::lamps::a_phone_that_knows_nothing_of_it_or_says_nothing_is_told_no_more",
                    "story::lamps::a_restart_forgets_keys_and_they_are_lit_anew",
                ],
            ),
            said(
                "Nobody else hears anything: no phone without its password, none of another shop, no carrier, no stranger; nobody has more than 64 at once.",
                &[
                    "story::lamps::nobody_hears_of_phones_without_a_password_of_the_same_shop",
                    "story::lamps::somebody_elses_key_is_neither_put_off_nor_given_up",
                    "story::lamps::what_is_asked_for_otherwise_is_refused_as_the_rfc_says",
                    "story::lamps::a_phone_has_so_many_keys_and_no_more",
                ],
            ),
            said(
                "A phone that asks (SUBSCRIBE to `message-summary`) shows that messages wait in its shop until somebody has played them on the page.",
                &[
                    "story::lamps::a_lamp_shows_that_messages_wait_until_somebody_has_heard_them",
                    "story::lamps::a_phone_that_has_not_asked_hears_of_no_messages",
                ],
            ),
            said(
                "The key takes the call that rings there (INVITE with Replaces), and no conversation.",
                &[
                    "story::lamps::a_key_takes_the_call_that_rings_at_a_colleague",
                    "story::lamps::a_call_is_taken_only_by_its_name_and_by_a_phone_that_proves_who_it_is",
                ],
            ),
        ],
    },
    Paragraph {
        title: "Logged before heard",
        sentences: &[
            said(
                "A call's row is durable before any response above 100 leaves.",
                &[
                    "story::logged_before_heard::ringing_waits_for_the_row",
                    "story::logged_before_heard::an_answer_waits_for_the_row_too",
                    "story::logged_before_heard::nothing_above_100_is_said_before_the_row_whatever_becomes_of_the_call",
                    "story::refusals::a_refusal_waits_for_its_row",
                    "story::closed::nothing_is_heard_before_the_row_is_durable",
                    "story::between_phones::a_colleagues_call_waits_for_its_row_like_any_other",
                ],
            ),
            said(
                "The phones' INVITEs do not wait for it.",
                &["story::ring_all::every_phone_is_rung_in_the_instant_the_call_arrives"],
            ),
            said(
                "If the store stalls 250 ms, the record goes to an fsynced journal, replayed when the store is back.",
                &[
                    "story::logged_before_heard::a_store_that_stalls_250_ms_is_passed_over_for_the_journal",
                    "story::logged_before_heard::a_store_that_recovers_in_time_is_not_passed_over",
                    "store log::what_the_store_does_not_take_is_journaled_and_replayed",
                    "store log::a_journal_of_a_killed_run_is_replayed_at_start",
                ],
            ),
            said(
                "If that stalls another 250 ms, the call goes on and is counted.",
                &["story::logged_before_heard::when_the_journal_stalls_too_the_call_goes_on"],
            ),
            said(
                "Several records share one commit, and the last facts of it are the facts.",
                &["store log::the_last_facts_of_a_batch_are_the_facts"],
            ),
            said(
                "A row said twice is one row, and its later facts stand.",
                &[
                    "store log::a_first_row_never_replaces_later_facts",
                    "store log::a_call_sent_again_after_a_crash_continues_its_row",
                ],
            ),
            said(
                "The call path never reads the database.",
                &["architecture::the_core_has_no_clock_no_socket_no_disk_and_no_chance"],
            ),
            said(
                "A SIP call's key is Call-ID, From tag and CSeq number; the same by another branch gets 482.",
                &[
                    "story::refusals::the_same_call_by_another_way_gets_482",
                    "story::give_up::a_repeated_invite_is_the_same_call",
                ],
            ),
        ],
    },
    Paragraph {
        title: "After a crash",
        sentences: &[
            said(
                "Every open row gets its end: what was a fact stays one, a call that nobody had answered is `interrupted`.",
                &["store calls::a_crash_ends_open_calls_when_the_service_last_lived"],
            ),
            said(
                "Phones that were left ringing are told to stop, and show a missed call.",
                &[
                    "story::after_a_crash::phones_that_a_crash_left_ringing_stop_and_show_a_missed_call",
                    "story::after_a_crash::a_phone_that_registers_stops_ringing_after_a_crash_too",
                    "story::after_a_crash::a_phone_rung_for_the_third_time_is_stopped_as_well",
                    "story::after_a_crash::who_picked_up_while_the_service_was_dead_is_hung_up_on",
                ],
            ),
            said(
                "So are cells, whether their carrier has asked who calls or not, a colleague whom the call was given to, and \
                 whoever was called outside.",
                &[
                    "story::after_a_crash::a_cell_whose_carrier_had_asked_who_calls_stops",
                    "story::after_a_crash::a_cell_of_a_carrier_that_does_not_ask_stops_too",
                    "story::after_a_crash::a_colleague_whom_a_call_was_given_to_stops_ringing_and_who_gave_it_is_not_touched",
                    "story::after_a_crash::who_was_called_outside_stops_ringing",
                    "story::after_a_crash::help_that_was_called_stops_ringing",
                    "store calls::what_may_ring_after_a_crash_is_known",
                ],
            ),
            said(
                "Who talks is left alone.",
                &["story::after_a_crash::phones_that_talk_are_not_touched_by_what_comes_after_a_crash"],
            ),
            said(
                "A phone that had registered is rung by the next call, without registering again.",
                &["story::registering::after_a_restart_a_phone_rings_without_registering_again"],
            ),
        ],
    },
    Paragraph {
        title: "Media",
        sentences: &[
            said(
                "Every call is relayed, RTP and RTCP.",
                &[
                    "story::one_winner::who_picks_up_has_the_call_and_is_heard",
                    "lib media::relay::tests::rtcp_passes_whole_between_the_same_addresses",
                ],
            ),
            said(
                "Who came by TLS is spoken to by TLS, and never called in the open.",
                &[
                    "story::encrypted::a_phone_that_registered_by_tls_is_rung_by_that_connection",
                    "story::encrypted::a_caller_by_tls_is_answered_and_hung_up_on_by_tls",
                    "story::encrypted::a_phone_whose_tls_connection_is_gone_is_never_called_in_the_open",
                ],
            ),
            said(
                "Sound is protected where signalling is, each leg for itself and by keys of its own.",
                &[
                    "story::protected::a_phone_by_tls_is_offered_protected_sound_and_talks_with_a_plain_caller",
                    "story::protected::a_caller_by_tls_is_answered_as_it_asks_and_its_key_goes_no_further",
                    "story::protected::a_key_that_came_in_the_open_is_no_key",
                    "story::protected::a_phone_that_cannot_have_protected_sound_is_rung_with_plain_at_once",
                ],
            ),
            said(
                "It goes on through a hand-over, and after a hold of any length.",
                &[
                    "lib media::port::tests::handed_over::numbers_that_have_begun_again_are_counted_on",
                    "lib media::port::tests::handed_over::what_was_heard_before_is_not_heard_again",
                    "lib media::srtp::tests::who_was_held_for_a_quarter_of_an_hour_is_heard_again",
                    "lib media::srtp::tests::what_the_far_end_reports_is_told_in_the_numbers_that_came",
                ],
            ),
            said(
                "One pair of ports a side, however many phones ring.",
                &[
                    "story::media::a_call_has_one_pair_of_ports_a_side_however_many_phones_ring",
                    "story::ring_all::phones_are_offered_both_laws_and_digits_at_our_own_port",
                    "story::streams::an_ipv4_caller_rings_phones_of_both_families",
                ],
            ),
            said(
                "Accepted source: the SDP address or the leg's signalling address, any port.",
                &[
                    "story::media::sound_is_taken_from_its_own_side_alone_and_found_again_after_five_seconds",
                    "lib media::sdp::agree::tests::a_side_accepts_its_described_and_its_signalling_address",
                    "lib media::relay::tests::a_strangers_packet_is_refused_and_counted",
                ],
            ),
            said(
                "The first such packet latches.",
                &[
                    "story::media::sound_is_taken_from_its_own_side_alone_and_found_again_after_five_seconds",
                    "lib media::relay::tests::audio_goes_back_to_the_port_that_was_heard",
                ],
            ),
            said(
                "Either side holds, takes back and changes its codec by re-INVITE or UPDATE, and the other hears nothing of it.",
                &[
                    "story::in_dialog::either_side_holds_and_takes_back",
                    "story::in_dialog::either_side_changes_its_codec",
                    "story::update::either_side_holds_and_takes_back_by_update",
                ],
            ),
            said(
                "Whichever side wants a session timer has one, refreshed by us where we may; one that runs out ends the call.",
                &[
                    "story::session_timer::a_call_of_two_hours_is_refreshed_by_us",
                    "story::session_timer::who_promised_to_refresh_and_does_is_believed",
                    "story::session_timer::who_promised_to_refresh_and_is_gone_is_hung_up_on",
                    "story::session_timer::a_refresh_that_nobody_answers_ends_the_call",
                ],
            ),
            said(
                "A fax (T.38) is refused with 488 and the call goes on by sound; that a fax machine called is in the log.",
                &[
                    "story::in_dialog::a_fax_is_refused_and_the_call_goes_on_by_sound",
                    "story::fax::a_caller_who_is_a_fax_machine_is_named_in_the_log",
                ],
            ),
            said(
                "Again only after re-INVITE or 5 s of silence, from the same addresses.",
                &[
                    "story::media::sound_is_taken_from_its_own_side_alone_and_found_again_after_five_seconds",
                    "story::media::a_re_invite_latches_anew_at_once",
                    "lib media::relay::tests::a_latched_port_gives_way_only_after_silence",
                    "lib media::relay::tests::a_changed_side_latches_anew",
                ],
            ),
            said(
                "No RTP from both sides for 30 s: a re-INVITE, then BYE.",
                &[
                    "story::media::when_nobody_is_heard_both_are_asked_and_then_hung_up_on",
                    "story::media::the_question_changes_nothing",
                    "story::media::whoever_is_heard_again_talks_on_and_silence_counts_anew",
                    "story::media::one_who_only_listens_is_left_alone",
                    "story::media::an_end_that_has_vanished_does_not_keep_the_other",
                ],
            ),
            said(
                "Hold is exempt for 30 minutes.",
                &[
                    "story::media::a_call_on_hold_may_be_silent_for_half_an_hour",
                    "lib media::relay::tests::a_held_call_may_be_silent_for_half_an_hour",
                ],
            ),
            said(
                "Another stream, another codec, 20 or 30 ms and keys cross as they are.",
                &[
                    "story::media::another_source_and_another_codec_in_the_middle_of_a_call_are_heard",
                    "story::media::packets_of_30_ms_cross_between_the_laws_as_they_are",
                    "story::media::keys_cross_by_each_sides_own_number",
                ],
            ),
            said(
                "With all ports in use the caller hears busy, never 503.",
                &[
                    "story::media::when_all_ports_are_taken_the_caller_hears_busy_and_the_log_says_why",
                    "story::media::a_closed_shop_without_ports_is_busy_too",
                    "story::media::more_calls_in_one_moment_than_ports_are_bound_wait_for_them",
                ],
            ),
        ],
    },
];
