//! Every race that a story runs.

use super::Race;

const fn race(
    input: &'static str,
    state: &'static str,
    happens: &'static str,
    shown_by: &'static [&'static str],
) -> Race {
    Race { input, state, happens, shown_by }
}

pub const RACES: &[Race] = &[
    race(
        "a key at a cell",
        "ringing, a key at another cell in the same millisecond",
        "the first to arrive has the call; the other hears that somebody has it, then BYE",
        &["story::cells::two_cells_press_a_key_in_the_same_millisecond_and_one_has_the_call"],
    ),
    race(
        "a phone's 200",
        "ringing, a cell is asked for a key",
        "the phone has the call; the cell hears so, then BYE",
        &["story::cells::whoever_is_asked_while_a_colleague_picks_up_hears_so_and_is_hung_up"],
    ),
    race(
        "the caller's CANCEL",
        "ringing, a cell is asked for a key",
        "missed; the cell hears so, then BYE",
        &["story::cells::a_caller_who_hangs_up_while_a_cell_is_asked_is_missed_and_the_cell_is_told"],
    ),
    race(
        "a cell's 200",
        "told to stop, our CANCEL on its way",
        "ACK, then BYE: nobody is asked anything",
        &["story::cells::a_cell_that_picks_up_after_a_colleague_hears_nothing_but_the_end"],
    ),
    race(
        "a phone's 200",
        "ringing, another's 200 in the same millisecond",
        "the first to arrive has the call; the other gets ACK, then BYE with \"completed elsewhere\"",
        &[
            "story::one_winner::two_people_pick_up_in_the_same_millisecond_and_one_has_the_call",
            "story::one_winner::all_pick_up_in_the_same_millisecond_and_one_has_the_call",
        ],
    ),
    race(
        "a phone's 200",
        "told to stop, our CANCEL on its way",
        "ACK, then BYE; the winner keeps the call",
        &["story::one_winner::a_pick_up_that_crosses_our_cancel_gets_ack_then_bye"],
    ),
    race(
        "a phone's 200",
        "told to stop before it had said anything",
        "ACK, then BYE: no CANCEL had left",
        &["story::one_winner::a_phone_that_has_said_nothing_and_picks_up_too_late_gets_ack_then_bye"],
    ),
    race(
        "a phone's first 180",
        "told to stop before it had said anything",
        "CANCEL leaves now",
        &["story::one_winner::a_phone_that_has_said_nothing_is_cancelled_when_it_first_does"],
    ),
    race(
        "a phone's no",
        "told to stop, our CANCEL on its way",
        "it is acknowledged, and is no decline",
        &["story::races::a_no_that_crosses_our_cancel_changes_nothing"],
    ),
    race(
        "a phone's no, before or after another's 200",
        "ringing",
        "one winner either way",
        &["story::races::a_no_and_a_pick_up_in_the_same_millisecond_are_one_winner"],
    ),
    race(
        "the last no of a wave",
        "ringing, the next wave picks up by itself",
        "the next wave has the call",
        &["story::races::the_last_no_and_a_pick_up_of_the_next_wave"],
    ),
    race(
        "a wave's time, a millisecond after a 200",
        "talking",
        "nobody more is rung",
        &["story::races::a_wave_that_is_due_as_somebody_picks_up_rings_nobody"],
    ),
    race(
        "a 200, a millisecond after a wave's time",
        "ringing",
        "the new phone is told to stop, and shows no missed call",
        &["story::races::a_wave_that_is_due_as_somebody_picks_up_rings_nobody"],
    ),
    race(
        "the time to ring a phone again, before or after a 200",
        "ringing, or talking",
        "before: it is rung and told to stop; after: it is not rung",
        &["story::races::a_repeat_that_is_due_as_somebody_picks_up_is_not_sent"],
    ),
    race(
        "the caller's CANCEL",
        "ringing, a phone's 200 on its way",
        "487; the phone gets ACK, then BYE",
        &["story::one_winner::a_pick_up_that_crosses_the_callers_hang_up_gets_ack_then_bye"],
    ),
    race(
        "the caller's CANCEL",
        "answered, our 200 on its way",
        "they are answered and hung up: ACK, then BYE",
        &["story::caller_hangs_up::while_our_200_is_on_its_way"],
    ),
    race(
        "the caller's CANCEL",
        "picked up, the row not durable",
        "nobody answered: 487, the phone is hung up, the call is missed",
        &["story::caller_hangs_up::while_the_log_holds_back_the_answer"],
    ),
    race(
        "the phone's BYE",
        "picked up, the row not durable",
        "nobody answered: the caller hears busy, the call is missed",
        &["story::caller_hangs_up::the_phone_hangs_up_while_the_log_holds_back_the_answer"],
    ),
    race(
        "the row is durable, before, with or after a 200",
        "ringing, or picked up",
        "the caller is answered once both are there",
        &[
            "story::races::the_row_is_durable_as_somebody_picks_up",
            "story::logged_before_heard::an_answer_waits_for_the_row_too",
        ],
    ),
    race(
        "a 200, a millisecond before give-up",
        "ringing",
        "they talk",
        &["story::races::who_picks_up_a_moment_before_give_up_has_the_call"],
    ),
    race(
        "a 200, as give-up comes",
        "given up",
        "ACK, then BYE; the caller has heard busy",
        &["story::give_up::somebody_who_picks_up_as_we_give_up_is_told"],
    ),
    race(
        "the caller's CANCEL, before or after give-up",
        "ringing, or given up",
        "one final answer: 487 before, 486 after",
        &["story::races::who_hangs_up_as_we_give_up_gets_one_final_answer"],
    ),
    race(
        "both sides' BYE",
        "talking",
        "each is answered; one end in the log",
        &["story::caller_hangs_up::both_hang_up_in_the_same_instant"],
    ),
    race(
        "the phone's BYE",
        "answered, the caller's ACK on its way",
        "the caller's BYE waits for it",
        &["story::caller_hangs_up::the_phone_hangs_up_before_the_caller_has_acknowledged"],
    ),
    race(
        "the winner's 200 again",
        "hung up",
        "it is acknowledged, and changes nothing",
        &["story::races::a_200_said_again_after_the_bye_is_acknowledged_and_changes_nothing"],
    ),
    race(
        "another call, after a phone's 200",
        "the phone talks",
        "the phone is left out of it",
        &["story::races::a_phone_that_picks_up_as_another_call_comes_is_left_out_of_it_or_rings_on"],
    ),
    race(
        "another call, before a phone's 200",
        "the phone rings for the first",
        "the phone rings for both, and talks with the first",
        &["story::races::a_phone_that_picks_up_as_another_call_comes_is_left_out_of_it_or_rings_on"],
    ),
    race(
        "a phone is freed, before a colleague's 200",
        "ringing",
        "it is rung, told to stop, and shows no missed call",
        &["story::races::a_phone_that_is_freed_as_another_picks_up_rings_for_nobody"],
    ),
    race(
        "a phone is freed, after a colleague's 200",
        "talking",
        "it is not rung",
        &["story::races::a_phone_that_is_freed_as_another_picks_up_rings_for_nobody"],
    ),
    race(
        "a phone is freed, before or after the caller's CANCEL",
        "ringing, or over",
        "before: it is rung and shows a missed call; after: it is not rung",
        &["story::races::a_phone_that_is_freed_as_the_caller_gives_up_is_left_in_peace"],
    ),
    race(
        "two phones are freed",
        "two callers wait",
        "each rings for each, the older call first; each caller has one winner",
        &["story::races::two_phones_are_freed_in_the_same_instant_and_each_rings_for_each"],
    ),
    race(
        "a phone registers, before or after a 200",
        "ringing, or talking",
        "before: it is rung and told to stop; after: it is not rung",
        &["story::races::a_phone_that_registers_as_somebody_picks_up"],
    ),
    race(
        "a phone unregisters",
        "it rings",
        "it may still pick up",
        &["story::races::a_phone_that_unregisters_while_it_rings_may_still_pick_up"],
    ),
    race(
        "two calls that a phone takes neither of",
        "both ring",
        "it has said no to both; neither chases the other",
        &["story::call_waiting::a_phone_that_is_busy_with_somebody_elses_call_has_said_no"],
    ),
    race(
        "two callers",
        "all phones ring for both",
        "each has a winner of their own",
        &["story::one_winner::two_calls_at_once_have_a_winner_each"],
    ),
    race(
        "the service stops, and then a phone's 200",
        "ringing",
        "503; the phone gets ACK, then BYE",
        &["story::races::the_service_stops_while_it_rings_and_as_somebody_picks_up"],
    ),
    race("closing time", "ringing", "it rings on", &["story::closed::a_call_that_rings_at_closing_time_rings_on"]),
    race(
        "the last minute of a phone's own hours",
        "a call comes in it, and another with the next",
        "it rings for the first, and rings on; not for the second",
        &["story::who_rings::a_phone_rings_until_the_minute_its_own_hours_end"],
    ),
    race(
        "an offer",
        "ours waits for its answer",
        "491",
        &[
            "story::in_dialog::while_our_offer_waits_for_its_answer_there_is_no_other",
            "story::update::an_update_while_our_offer_waits_is_to_wait",
        ],
    ),
    race(
        "an UPDATE with an offer",
        "our own re-INVITE waits for its answer",
        "491; without an offer it is agreed to",
        &["story::update::an_update_that_crosses_our_question_is_to_wait"],
    ),
    race(
        "an UPDATE or re-INVITE with an offer",
        "ringing: the first offer is not answered",
        "500 with Retry-After; the first offer stands",
        &["story::update::a_new_offer_while_it_rings_is_to_come_later"],
    ),
    race(
        "an UPDATE",
        "hung up, the other side's BYE or ours on its way",
        "481; the call has ended as it had",
        &["story::update::an_update_that_crosses_a_hang_up_finds_no_call"],
    ),
    race(
        "a re-INVITE",
        "our refresh, a re-INVITE, on its way",
        "491 to both; ours comes again after 2.1 to 4 s towards a phone, after 0 to 2 s towards the caller",
        &["story::session_timer::two_refreshes_at_once_are_both_put_off_and_do_not_meet_again"],
    ),
    race(
        "either side's BYE",
        "our refresh on its way",
        "the call has ended; nobody is refreshed any more",
        &["story::session_timer::a_refresh_that_crosses_a_hang_up_changes_nothing"],
    ),
    race(
        "an UPDATE of a phone",
        "hung up on, the caller's ACK on its way",
        "481",
        &["story::update::a_phone_that_we_have_hung_up_on_has_no_call_though_the_caller_is_still_there"],
    ),
    race(
        "a phone's first 180, which must arrive",
        "told to stop before it had said anything",
        "PRACK, and CANCEL",
        &["story::reliable::a_phone_whose_reliable_ringing_crosses_our_cancel_gets_both"],
    ),
    race(
        "a phone's 200",
        "ringing, the caller's PRACK on its way",
        "they talk; the PRACK is answered",
        &["story::reliable::who_picks_up_is_heard_before_the_ringing_has_arrived"],
    ),
    race(
        "the caller's INVITE again",
        "ringing",
        "it is the same call, and hears the latest answer again",
        &["story::give_up::a_repeated_invite_is_the_same_call"],
    ),
    race(
        "our own INVITE to a phone, passed back to us",
        "ringing, or talking",
        "482; nobody is rung for it",
        &["story::loops::an_invite_of_ours_that_comes_back_gets_482_and_rings_nobody"],
    ),
    race(
        "the caller's INVITE by another branch",
        "ringing",
        "482; the first goes on",
        &["story::refusals::the_same_call_by_another_way_gets_482"],
    ),
];
