-- The metric dictionary a second time: from what a call was (direction, outcome, times, numbers), by the
-- definitions of metrics.md, without the lake's 0/1 columns and without any of our Python.
--
-- Given: tables calls, messages, cases (rows of the lake), settings (zone, short_s, service_s, currency, first,
-- last: the local dates asked about). Spam, labels, marks and call-back requests are facts of a row, not computed.
-- Result: tables of_calls, of_messages, of_cases, of_both: one row per call, message, case, interaction of the range,
-- with `day`; the macros at the end say what each metric is.

create macro local_day(instant) as cast(timezone((select zone from settings), timezone('UTC', instant)) as date);
create macro in_range(instant) as local_day(instant) between (select first from settings) and (select last from settings);

create table of_calls as
with told as (
    select c.*, local_day(started_at) as day, s.short_s * 1000 as short_ms, s.service_s * 1000 as service_ms,
        cost_amount is not null and cost_currency = s.currency as charged,
        is_spam = 1 as spam
    from calls c, settings s
    where kind <> 'classifier' and direction <> 'internal' and in_range(started_at)
),
-- Base sets of incoming calls: CLOSED and IVR lie beside OFFERED.
sorted as (
    select *,
        case
            when direction <> 'inbound' or spam or outcome = '' then ''
            when outcome = 'answered' then if(in_open_hours = 1, 'ANS', '')
            when in_open_hours = 0 then 'CLOSED'
            when ivr_s is not null and queued_at is null and ringing_at is null
                and outcome in ('caller_abandoned', 'no_answer') then 'IVR'
            when is_callback_requested = 1 then 'CB'
            when outcome = 'caller_abandoned' and short_ms > 0 and wait_ms <= short_ms then 'ABN_S'
            when outcome = 'caller_abandoned' then 'ABN'
            when outcome = 'voicemail' then 'VM'
            else 'TMO'
        end as base
    from told
)
select *, base in ('ANS', 'ABN', 'ABN_S', 'VM', 'TMO', 'CB') as offered, base in ('ABN', 'VM', 'TMO') as missed
from sorted;

create table of_messages as
select m.*, local_day(started_at) as day, is_spam = 1 as spam,
    cost_amount is not null and cost_currency = s.currency as charged
from messages m, settings s
where in_range(started_at);

create table of_cases as
select *, local_day(started_at) as day from cases where in_range(started_at);

create table of_both as
select day, spam, business_number, party_key, user_id, cost_amount, cost_currency, charged from of_calls
union all
select day, spam, business_number, party_key, user_id, cost_amount, cost_currency, charged from of_messages;

create macro rate(part, whole) as if(whole = 0, null, part / whole);
create macro n(what) as count(*) filter (where coalesce(what, false));

create macro call_metrics(who) as table
select
    coalesce(who, '') as key,
    n(not spam) as calls,
    n(direction = 'outbound' and not spam) as calls_made,
    n(direction = 'inbound' and not spam) as calls_received,
    n(outcome = 'answered' and not spam) as calls_answered,
    n(outcome = 'answered' and not spam and direction = 'inbound') as calls_answered_inbound,
    n(outcome = 'answered' and not spam and direction = 'outbound') as calls_connected,
    n(spam) as spam_calls,
    coalesce(sum(talk_s) filter (where not spam), 0) as talk_s,
    coalesce(sum(hold_s) filter (where not spam), 0) as hold_s,
    avg(talk_s) filter (where outcome = 'answered' and not spam) as average_talk_s,
    avg(talk_s) filter (where direction = 'outbound' and outcome = 'answered' and not spam) as acd_s,
    avg(talk_s) filter (where outcome = 'answered' and not spam) as aht_s,
    avg(talk_s) filter (where outcome = 'answered' and not spam and direction = 'inbound') as aht_inbound_s,
    avg(talk_s) filter (where outcome = 'answered' and not spam and direction = 'outbound') as aht_outbound_s,
    n(offered) as calls_offered,
    n(base = 'ANS') as offered_answered,
    n(missed) as calls_missed,
    rate(n(missed), n(offered) - n(base = 'ABN_S')) as missed_rate,
    rate(n(base = 'ANS'), n(offered)) as answer_rate,
    rate(n(base = 'ABN'), n(offered) - n(base = 'ABN_S')) as abandonment_rate,
    n(base = 'ABN') as calls_abandoned,
    n(base = 'ABN_S') as short_abandons,
    rate(n(base = 'ABN_S'), n(offered)) as short_abandon_rate,
    n(base = 'VM') as voicemails,
    n(base = 'TMO') as calls_timed_out,
    n(base = 'CB') as callback_requests,
    n(base = 'CLOSED') as closed_hours_calls,
    n(base = 'IVR') as ivr_abandons,
    -- Whether a phone rang of which no provider told the time is not in a row: the reason itself is the fact here
    -- (its precedence is tried by tests/unit/fold).
    n(missed and missed_reason = 'technical') as missed_technical,
    n(missed and missed_reason = 'nobody_available') as missed_nobody_available,
    n(missed and missed_reason = 'rang_no_answer') as missed_rang_no_answer,
    n(missed and missed_reason = 'caller_gave_up') as missed_caller_gave_up,
    n(missed and missed_reason = 'direct_voicemail') as missed_direct_voicemail,
    rate(
        n(direction = 'outbound' and not spam and outcome = 'answered'),
        n(direction = 'outbound' and not spam and outcome <> 'outbound_aborted')
    ) as connect_rate,
    rate(
        n(direction = 'outbound' and not spam and outcome <> 'outbound_aborted'
            and (outcome = 'answered' or answered_by in ('machine', 'voicemail'))),
        n(direction = 'outbound' and not spam and outcome <> 'outbound_aborted')
    ) as connect_rate_with_machines,
    rate(n(direction = 'outbound' and not spam and outcome = 'answered'), n(direction = 'outbound' and not spam)) as asr,
    rate(n(outcome = 'answered' and not spam), n(not spam and outcome <> 'outbound_aborted')) as completion_rate,
    quantile_cont(greatest(epoch_ms(ringing_at) - epoch_ms(started_at), 0) / 1000.0, 0.5)
        filter (where direction = 'outbound' and not spam and ringing_at is not null) as post_dial_delay_s,
    n(outcome = 'answered' and not spam and transfers >= 1) as calls_transferred,
    rate(n(outcome = 'answered' and not spam and transfers >= 1), n(outcome = 'answered' and not spam)) as transfer_rate,
    n(outcome = 'answered' and not spam and transfers >= 1 and final_kind = 'outside') as external_transfers,
    rate(
        n(outcome = 'answered' and not spam and hangup_by = 'customer'),
        n(outcome = 'answered' and not spam and hangup_by in ('customer', 'agent', 'system'))
    ) as ended_by_customer_share,
    rate(
        n(outcome = 'answered' and not spam and hangup_by = 'agent'),
        n(outcome = 'answered' and not spam and hangup_by in ('customer', 'agent', 'system'))
    ) as ended_by_agent_share,
    n(outcome = 'answered' and not spam and hangup_by = 'agent' and talk_s <= 10) as agent_hung_up_early,
    n(direction = 'inbound' and not spam and contact_no = 1) as new_callers,
    n(direction = 'inbound' and not spam and contact_no = 1 and outcome = 'answered') as new_callers_answered,
    -- Service level, ASA, waits.
    rate(n(base = 'ANS' and wait_ms <= service_ms), n(offered) - n(base = 'ABN_S') - n(base = 'CB')) as service_level,
    n(base = 'ANS' and wait_ms <= service_ms) as answered_in_time,
    avg(wait_s) filter (where base = 'ANS') as asa_s,
    quantile_cont(wait_s, 0.5) filter (where base = 'ANS') as asa_s_median,
    quantile_disc(wait_s, 0.9) filter (where base = 'ANS') as asa_s_p90,
    quantile_cont(talk_s, 0.5) filter (where outcome = 'answered' and not spam) as average_talk_s_median,
    quantile_disc(talk_s, 0.9) filter (where outcome = 'answered' and not spam) as average_talk_s_p90,
    avg(greatest(epoch_ms(answered_at) - epoch_ms(started_at), 0) / 1000.0)
        filter (where base = 'ANS' and answered_at is not null) as customer_asa_s,
    avg(wait_s) filter (where base = 'ABN') as average_abandon_s,
    max(wait_s) filter (where base = 'ABN') as longest_abandon_s,
    max(wait_s) filter (where offered) as longest_wait_s,
    avg(wait_s) filter (where base = 'ANS' or missed) as average_wait_s,
    avg(ring_s) filter (where base = 'ANS') as average_ring_s,
    -- Recovery, by the state of each miss.
    n(recovery_state <> '') as recovery_candidates,
    n(recovery_s is not null) as calls_recovered,
    rate(n(recovery_s is not null), n(recovery_state <> '')) as recovery_rate,
    avg(recovery_s) as recovery_s,
    quantile_cont(recovery_s, 0.5) as recovery_s_median,
    -- Money: what is not charged is unknown, not nought.
    sum(cost_amount) filter (where charged and not spam) as spend_calls,
    rate(
        sum(cost_amount) filter (where charged and not spam),
        nullif(n(charged and not spam and outcome = 'answered'), 0)
    ) as cost_per_call,
    rate(n(charged and not spam), n(not spam)) as call_cost_coverage
from of_calls
group by all;

create macro message_metrics(who) as table
select
    coalesce(who, '') as key,
    n(not spam) as messages,
    n(direction = 'outbound' and not (status = 'pending' and scheduled_for is not null)) as messages_sent,
    n(direction = 'inbound' and not spam) as messages_received,
    n(direction = 'outbound' and status = 'pending' and scheduled_for is not null) as messages_scheduled,
    n(status = 'delivered') as messages_delivered,
    n(status = 'undelivered') as messages_undelivered,
    n(direction = 'outbound' and status not in ('delivered', 'undelivered')) as messages_unknown,
    rate(n(status = 'delivered'), n(status in ('delivered', 'undelivered'))) as delivery_rate,
    n(spam) as spam_messages,
    coalesce(sum(segments) filter (where not spam), 0) as segments,
    sum(cost_amount) filter (where charged and not spam) as spend_messages,
    rate(n(charged and not spam), n(not spam)) as message_cost_coverage
from of_messages
group by all;

create macro case_metrics(who) as table
select
    coalesce(who, '') as key,
    count(*) as cases,
    n(closed_at is null) as open_cases,
    n(state = 'open') as cases_open,
    n(state = 'attempted') as cases_attempted,
    n(state = 'reached') as cases_reached,
    n(state = 'resolved_by_customer') as cases_resolved_by_customer,
    n(state = 'resolved_by_text') as cases_resolved_by_text,
    n(state = 'assigned') as cases_assigned,
    n(state = 'dismissed') as cases_dismissed,
    rate(n(recovery_s is not null), count(*)) as case_recovery_rate,
    -- The promise, counted in open hours, runs out at `due_at`; exactly then is in time.
    rate(n(first_attempt_at <= due_at), count(*)) as callback_sla_rate,
    quantile_cont(first_attempt_open_s, 0.5) as callback_delay_s,
    quantile_cont(first_attempt_s, 0.5) as callback_delay_clock_s,
    n(first_attempt_s <= 20 * 60) as called_back_in_20_min,
    n(first_attempt_s > 20 * 60 and first_attempt_s <= 24 * 3600) as called_back_in_24_h,
    n(first_attempt_s > 24 * 3600) as called_back_later,
    n(first_attempt_at is null) as never_called_back
from of_cases
group by all;

create macro both_metrics(who) as table
select
    coalesce(who, '') as key,
    n(not spam) as interactions,
    count(distinct business_number || ' ' || party_key) filter (where not spam and party_key <> '') as unique_conversations,
    n(not spam and party_key = '') as anonymous_interactions,
    sum(cost_amount) filter (where charged and not spam) as spend,
    rate(n(charged and not spam), n(not spam)) as cost_coverage,
    n(cost_amount is not null and not charged and not spam) as other_currencies
from of_both
group by all;
