-- Metrics by local day, one view for each table. Written by `python -m tools.metrics` from the
-- dictionary of metrics, do not edit by hand. Every query must name one workspace. Internal calls are left
-- out; spam is in no metric but its own. Runs on Athena (Trino) and DuckDB.

create or replace view interactions as
select
    workspace,
    day,
    record_id,
    user_id,
    team_id,
    business_number,
    business_number_id,
    direction,
    party_key,
    started_at,
    local_date,
    local_hour,
    local_weekday,
    cost_amount,
    cost_currency,
    home_amount,
    home_currency,
    is_cost_converted,
    is_spam,
    is_call as is_call,
    0 as is_message
from calls
union all
select
    workspace,
    day,
    record_id,
    user_id,
    team_id,
    business_number,
    business_number_id,
    direction,
    party_key,
    started_at,
    local_date,
    local_hour,
    local_weekday,
    cost_amount,
    cost_currency,
    home_amount,
    home_currency,
    is_cost_converted,
    is_spam,
    0 as is_call,
    is_message as is_message
from messages;

create or replace view calls_per_day as
select
    workspace,
    local_date,
    count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1) as calls,
    count(*) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as calls_made,
    count(*) filter (where coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as calls_received,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1) as calls_answered,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as calls_answered_inbound,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as calls_connected,
    count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) = 1) as spam_calls,
    coalesce(sum(talk_s) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as talk_s,
    avg(cast(talk_s as double)) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1) as average_talk_s,
    ((array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 1) / 2e0) as integer)] + (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor(count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) / 2e0) as integer) + 1]) / 2e0 as average_talk_s_median,
    (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((9 * count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 9) / 10e0) as integer)] as average_talk_s_p90,
    coalesce(sum(hold_s) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as hold_s,
    avg(cast(talk_s as double)) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1) as aht_s,
    ((array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 1) / 2e0) as integer)] + (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor(count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) / 2e0) as integer) + 1]) / 2e0 as aht_s_median,
    (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((9 * count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 9) / 10e0) as integer)] as aht_s_p90,
    avg(cast(talk_s as double)) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as aht_inbound_s,
    ((array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 1) / 2e0) as integer)] + (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor(count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) / 2e0) as integer) + 1]) / 2e0 as aht_inbound_s_median,
    (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((9 * count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 9) / 10e0) as integer)] as aht_inbound_s_p90,
    avg(cast(talk_s as double)) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as aht_outbound_s,
    ((array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 1) / 2e0) as integer)] + (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor(count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) / 2e0) as integer) + 1]) / 2e0 as aht_outbound_s_median,
    (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((9 * count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 9) / 10e0) as integer)] as aht_outbound_s_p90,
    count(*) filter (where coalesce(is_offered, 0) = 1) as calls_offered,
    count(*) filter (where coalesce(is_answered_offered, 0) = 1) as offered_answered,
    count(*) filter (where coalesce(is_missed, 0) = 1) as calls_missed,
    cast(count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_offered, 0) = 1 and coalesce(is_short_abandon, 0) <> 1) as double) / nullif(count(*) filter (where coalesce(is_offered, 0) = 1 and coalesce(is_short_abandon, 0) <> 1), 0) as missed_rate,
    cast(count(*) filter (where coalesce(is_answered_offered, 0) = 1 and coalesce(is_offered, 0) = 1) as double) / nullif(count(*) filter (where coalesce(is_offered, 0) = 1), 0) as answer_rate,
    cast(count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1 and coalesce(is_offered, 0) = 1 and coalesce(is_short_abandon, 0) <> 1) as double) / nullif(count(*) filter (where coalesce(is_offered, 0) = 1 and coalesce(is_short_abandon, 0) <> 1), 0) as abandonment_rate,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1) as calls_abandoned,
    count(*) filter (where coalesce(is_short_abandon, 0) = 1) as short_abandons,
    cast(count(*) filter (where coalesce(is_short_abandon, 0) = 1 and coalesce(is_offered, 0) = 1) as double) / nullif(count(*) filter (where coalesce(is_offered, 0) = 1), 0) as short_abandon_rate,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_voicemail, 0) = 1) as voicemails,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) <> 1 and coalesce(is_voicemail, 0) <> 1) as calls_timed_out,
    count(*) filter (where coalesce(is_callback_requested, 0) = 1) as callback_requests,
    count(*) filter (where coalesce(is_closed_hours, 0) = 1) as closed_hours_calls,
    count(*) filter (where coalesce(is_ivr_abandon, 0) = 1) as ivr_abandons,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(missed_reason, '') in ('technical')) as missed_technical,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(missed_reason, '') in ('nobody_available')) as missed_nobody_available,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(missed_reason, '') in ('rang_no_answer')) as missed_rang_no_answer,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(missed_reason, '') in ('caller_gave_up')) as missed_caller_gave_up,
    count(*) filter (where coalesce(is_missed, 0) = 1 and coalesce(missed_reason, '') in ('direct_voicemail')) as missed_direct_voicemail,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_aborted, 0) <> 1) as double) / nullif(count(*) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_aborted, 0) <> 1), 0) as connect_rate,
    cast(count(*) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_aborted, 0) <> 1 and ((coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1) or coalesce(answered_by, '') in ('machine', 'voicemail'))) as double) / nullif(count(*) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_aborted, 0) <> 1), 0) as connect_rate_with_machines,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as double) / nullif(count(*) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as asr,
    avg(cast(talk_s as double)) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as acd_s,
    ((array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 1) / 2e0) as integer)] + (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor(count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) / 2e0) as integer) + 1]) / 2e0 as acd_s_median,
    (array_agg(talk_s order by talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null))[cast(floor((9 * count(talk_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and talk_s is not null) + 9) / 10e0) as integer)] as acd_s_p90,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_call, 0) = 1 and coalesce(is_aborted, 0) <> 1) as double) / nullif(count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_aborted, 0) <> 1), 0) as completion_rate,
    ((array_agg((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) order by (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null))[cast(floor((count((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null) + 1) / 2e0) as integer)] + (array_agg((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) order by (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null))[cast(floor(count((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null) / 2e0) as integer) + 1]) / 2e0 as post_dial_delay_s,
    ((array_agg((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) order by (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null))[cast(floor((count((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null) + 1) / 2e0) as integer)] + (array_agg((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) order by (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null))[cast(floor(count((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null) / 2e0) as integer) + 1]) / 2e0 as post_dial_delay_s_median,
    (array_agg((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) order by (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null))[cast(floor((9 * count((case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end)) filter (where coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and (case when ringing_at < started_at then 0e0 else date_diff('millisecond', started_at, ringing_at) / 1000e0 end) is not null) + 9) / 10e0) as integer)] as post_dial_delay_s_p90,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and transfers is not null and not (coalesce(transfers <= 0, false))) as calls_transferred,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and transfers is not null and not (coalesce(transfers <= 0, false))) as double) / nullif(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as transfer_rate,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and transfers is not null and not (coalesce(transfers <= 0, false)) and coalesce(final_kind, '') in ('outside')) as external_transfers,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and not (coalesce(hangup_by, '') in ('unknown', '')) and coalesce(hangup_by, '') in ('customer')) as double) / nullif(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and not (coalesce(hangup_by, '') in ('unknown', ''))), 0) as ended_by_customer_share,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and not (coalesce(hangup_by, '') in ('unknown', '')) and coalesce(hangup_by, '') in ('agent')) as double) / nullif(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and not (coalesce(hangup_by, '') in ('unknown', ''))), 0) as ended_by_agent_share,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and not (coalesce(hangup_by, '') in ('unknown', '')) and coalesce(hangup_by, '') in ('system')) as double) / nullif(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and not (coalesce(hangup_by, '') in ('unknown', ''))), 0) as ended_by_system_share,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(hangup_by, '') in ('agent') and coalesce(talk_s <= 10, false)) as agent_hung_up_early,
    count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_unique, 0) = 1) as unique_contacts,
    count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_repeat, 0) = 1) as repeat_contacts,
    count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_target, 0) = 1) as target_calls,
    count(*) filter (where coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(contact_no <= 1, false)) as new_callers,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(contact_no <= 1, false)) as new_callers_answered,
    count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_success, 0) = 1) as successful_calls,
    cast(count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_success, 0) = 1 and (coalesce(is_success, 0) = 1 or coalesce(is_no_success, 0) = 1)) as double) / nullif(count(*) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and (coalesce(is_success, 0) = 1 or coalesce(is_no_success, 0) = 1)), 0) as success_rate,
    cast(count(*) filter (where coalesce(is_within_service, 0) = 1 and coalesce(is_offered, 0) = 1 and coalesce(is_short_abandon, 0) <> 1 and coalesce(is_callback_requested, 0) <> 1) as double) / nullif(count(*) filter (where coalesce(is_offered, 0) = 1 and coalesce(is_short_abandon, 0) <> 1 and coalesce(is_callback_requested, 0) <> 1), 0) as service_level,
    count(*) filter (where coalesce(is_within_service, 0) = 1) as answered_in_time,
    avg(cast(wait_s as double)) filter (where coalesce(is_answered_offered, 0) = 1) as asa_s,
    ((array_agg(wait_s order by wait_s) filter (where coalesce(is_answered_offered, 0) = 1 and wait_s is not null))[cast(floor((count(wait_s) filter (where coalesce(is_answered_offered, 0) = 1 and wait_s is not null) + 1) / 2e0) as integer)] + (array_agg(wait_s order by wait_s) filter (where coalesce(is_answered_offered, 0) = 1 and wait_s is not null))[cast(floor(count(wait_s) filter (where coalesce(is_answered_offered, 0) = 1 and wait_s is not null) / 2e0) as integer) + 1]) / 2e0 as asa_s_median,
    (array_agg(wait_s order by wait_s) filter (where coalesce(is_answered_offered, 0) = 1 and wait_s is not null))[cast(floor((9 * count(wait_s) filter (where coalesce(is_answered_offered, 0) = 1 and wait_s is not null) + 9) / 10e0) as integer)] as asa_s_p90,
    avg(cast((case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) as double)) filter (where coalesce(is_answered_offered, 0) = 1) as customer_asa_s,
    ((array_agg((case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) order by (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end)) filter (where coalesce(is_answered_offered, 0) = 1 and (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) is not null))[cast(floor((count((case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end)) filter (where coalesce(is_answered_offered, 0) = 1 and (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) is not null) + 1) / 2e0) as integer)] + (array_agg((case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) order by (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end)) filter (where coalesce(is_answered_offered, 0) = 1 and (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) is not null))[cast(floor(count((case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end)) filter (where coalesce(is_answered_offered, 0) = 1 and (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) is not null) / 2e0) as integer) + 1]) / 2e0 as customer_asa_s_median,
    (array_agg((case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) order by (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end)) filter (where coalesce(is_answered_offered, 0) = 1 and (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) is not null))[cast(floor((9 * count((case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end)) filter (where coalesce(is_answered_offered, 0) = 1 and (case when answered_at < started_at then 0e0 else date_diff('millisecond', started_at, answered_at) / 1000e0 end) is not null) + 9) / 10e0) as integer)] as customer_asa_s_p90,
    avg(cast(wait_s as double)) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1) as average_abandon_s,
    ((array_agg(wait_s order by wait_s) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1 and wait_s is not null))[cast(floor((count(wait_s) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1 and wait_s is not null) + 1) / 2e0) as integer)] + (array_agg(wait_s order by wait_s) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1 and wait_s is not null))[cast(floor(count(wait_s) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1 and wait_s is not null) / 2e0) as integer) + 1]) / 2e0 as average_abandon_s_median,
    (array_agg(wait_s order by wait_s) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1 and wait_s is not null))[cast(floor((9 * count(wait_s) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1 and wait_s is not null) + 9) / 10e0) as integer)] as average_abandon_s_p90,
    max(wait_s) filter (where coalesce(is_missed, 0) = 1 and coalesce(is_abandoned, 0) = 1) as longest_abandon_s,
    max(wait_s) filter (where coalesce(is_offered, 0) = 1) as longest_wait_s,
    avg(cast(wait_s as double)) filter (where coalesce(is_answered_offered, 0) = 1 or coalesce(is_missed, 0) = 1) as average_wait_s,
    ((array_agg(wait_s order by wait_s) filter (where coalesce(is_answered_offered, 0) = 1 or coalesce(is_missed, 0) = 1 and wait_s is not null))[cast(floor((count(wait_s) filter (where coalesce(is_answered_offered, 0) = 1 or coalesce(is_missed, 0) = 1 and wait_s is not null) + 1) / 2e0) as integer)] + (array_agg(wait_s order by wait_s) filter (where coalesce(is_answered_offered, 0) = 1 or coalesce(is_missed, 0) = 1 and wait_s is not null))[cast(floor(count(wait_s) filter (where coalesce(is_answered_offered, 0) = 1 or coalesce(is_missed, 0) = 1 and wait_s is not null) / 2e0) as integer) + 1]) / 2e0 as average_wait_s_median,
    (array_agg(wait_s order by wait_s) filter (where coalesce(is_answered_offered, 0) = 1 or coalesce(is_missed, 0) = 1 and wait_s is not null))[cast(floor((9 * count(wait_s) filter (where coalesce(is_answered_offered, 0) = 1 or coalesce(is_missed, 0) = 1 and wait_s is not null) + 9) / 10e0) as integer)] as average_wait_s_p90,
    avg(cast(ring_s as double)) filter (where coalesce(is_answered_offered, 0) = 1) as average_ring_s,
    ((array_agg(ring_s order by ring_s) filter (where coalesce(is_answered_offered, 0) = 1 and ring_s is not null))[cast(floor((count(ring_s) filter (where coalesce(is_answered_offered, 0) = 1 and ring_s is not null) + 1) / 2e0) as integer)] + (array_agg(ring_s order by ring_s) filter (where coalesce(is_answered_offered, 0) = 1 and ring_s is not null))[cast(floor(count(ring_s) filter (where coalesce(is_answered_offered, 0) = 1 and ring_s is not null) / 2e0) as integer) + 1]) / 2e0 as average_ring_s_median,
    (array_agg(ring_s order by ring_s) filter (where coalesce(is_answered_offered, 0) = 1 and ring_s is not null))[cast(floor((9 * count(ring_s) filter (where coalesce(is_answered_offered, 0) = 1 and ring_s is not null) + 9) / 10e0) as integer)] as average_ring_s_p90,
    count(*) filter (where coalesce(is_candidate, 0) = 1) as recovery_candidates,
    count(*) filter (where coalesce(is_recovered, 0) = 1) as calls_recovered,
    count(*) filter (where coalesce(is_reached, 0) = 1) as calls_reached,
    count(*) filter (where coalesce(is_resolved_by_customer, 0) = 1) as calls_resolved_by_customer,
    count(*) filter (where coalesce(is_unrecovered, 0) = 1) as calls_unrecovered,
    cast(count(*) filter (where coalesce(is_recovered, 0) = 1 and coalesce(is_candidate, 0) = 1) as double) / nullif(count(*) filter (where coalesce(is_candidate, 0) = 1), 0) as recovery_rate,
    avg(cast(recovery_s as double)) filter (where coalesce(is_recovered, 0) = 1) as recovery_s,
    ((array_agg(recovery_s order by recovery_s) filter (where coalesce(is_recovered, 0) = 1 and recovery_s is not null))[cast(floor((count(recovery_s) filter (where coalesce(is_recovered, 0) = 1 and recovery_s is not null) + 1) / 2e0) as integer)] + (array_agg(recovery_s order by recovery_s) filter (where coalesce(is_recovered, 0) = 1 and recovery_s is not null))[cast(floor(count(recovery_s) filter (where coalesce(is_recovered, 0) = 1 and recovery_s is not null) / 2e0) as integer) + 1]) / 2e0 as recovery_s_median,
    (array_agg(recovery_s order by recovery_s) filter (where coalesce(is_recovered, 0) = 1 and recovery_s is not null))[cast(floor((9 * count(recovery_s) filter (where coalesce(is_recovered, 0) = 1 and recovery_s is not null) + 9) / 10e0) as integer)] as recovery_s_p90,
    coalesce(sum(transfers_attended) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as attended_transfers,
    coalesce(sum(transfers_blind) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as blind_transfers,
    avg(cast(ring_s as double)) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as person_answer_s,
    ((array_agg(ring_s order by ring_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and ring_s is not null))[cast(floor((count(ring_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and ring_s is not null) + 1) / 2e0) as integer)] + (array_agg(ring_s order by ring_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and ring_s is not null))[cast(floor(count(ring_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and ring_s is not null) / 2e0) as integer) + 1]) / 2e0 as person_answer_s_median,
    (array_agg(ring_s order by ring_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and ring_s is not null))[cast(floor((9 * count(ring_s) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and ring_s is not null) + 9) / 10e0) as integer)] as person_answer_s_p90,
    count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_sale, 0) = 1) as sales,
    cast(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1 and coalesce(is_sale, 0) = 1) as double) / nullif(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_outbound, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as sale_rate
from calls
where is_internal = 0
group by workspace, local_date;

create or replace view messages_per_day as
select
    workspace,
    local_date,
    count(*) filter (where coalesce(is_message, 0) = 1 and coalesce(is_spam, 0) <> 1) as messages,
    count(*) filter (where coalesce(is_outbound, 0) = 1 and not (coalesce(is_outbound, 0) = 1 and coalesce(status, '') in ('pending') and scheduled_for is not null)) as messages_sent,
    count(*) filter (where coalesce(is_message, 0) = 1 and coalesce(is_inbound, 0) = 1 and coalesce(is_spam, 0) <> 1) as messages_received,
    count(*) filter (where coalesce(is_outbound, 0) = 1 and coalesce(status, '') in ('pending') and scheduled_for is not null) as messages_scheduled,
    count(*) filter (where coalesce(is_delivered, 0) = 1) as messages_delivered,
    count(*) filter (where coalesce(is_undelivered, 0) = 1) as messages_undelivered,
    count(*) filter (where coalesce(is_pending, 0) = 1) as messages_unknown,
    cast(count(*) filter (where coalesce(is_delivered, 0) = 1 and (coalesce(is_delivered, 0) = 1 or coalesce(is_undelivered, 0) = 1)) as double) / nullif(count(*) filter (where coalesce(is_delivered, 0) = 1 or coalesce(is_undelivered, 0) = 1), 0) as delivery_rate,
    count(*) filter (where coalesce(is_message, 0) = 1 and coalesce(is_spam, 0) = 1) as spam_messages,
    count(*) filter (where coalesce(is_bulk, 0) = 1) as bulk_messages,
    coalesce(sum(segments) filter (where coalesce(is_message, 0) = 1 and coalesce(is_spam, 0) <> 1), 0) as segments
from messages
group by workspace, local_date;

create or replace view cases_per_day as
select
    workspace,
    local_date,
    count(*) filter (where coalesce(is_case, 0) = 1) as cases,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(is_open, 0) = 1) as open_cases,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(state, '') in ('open')) as cases_open,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(state, '') in ('attempted')) as cases_attempted,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(state, '') in ('reached')) as cases_reached,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(state, '') in ('resolved_by_customer')) as cases_resolved_by_customer,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(state, '') in ('resolved_by_text')) as cases_resolved_by_text,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(state, '') in ('assigned')) as cases_assigned,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(state, '') in ('dismissed')) as cases_dismissed,
    cast(count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(is_recovered, 0) = 1) as double) / nullif(count(*) filter (where coalesce(is_case, 0) = 1), 0) as case_recovery_rate,
    cast(count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(is_within_sla, 0) = 1) as double) / nullif(count(*) filter (where coalesce(is_case, 0) = 1), 0) as callback_sla_rate,
    ((array_agg(first_attempt_open_s order by first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null))[cast(floor((count(first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null) + 1) / 2e0) as integer)] + (array_agg(first_attempt_open_s order by first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null))[cast(floor(count(first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null) / 2e0) as integer) + 1]) / 2e0 as callback_delay_s,
    ((array_agg(first_attempt_open_s order by first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null))[cast(floor((count(first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null) + 1) / 2e0) as integer)] + (array_agg(first_attempt_open_s order by first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null))[cast(floor(count(first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null) / 2e0) as integer) + 1]) / 2e0 as callback_delay_s_median,
    (array_agg(first_attempt_open_s order by first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null))[cast(floor((9 * count(first_attempt_open_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_open_s is not null) + 9) / 10e0) as integer)] as callback_delay_s_p90,
    ((array_agg(first_attempt_s order by first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null))[cast(floor((count(first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null) + 1) / 2e0) as integer)] + (array_agg(first_attempt_s order by first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null))[cast(floor(count(first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null) / 2e0) as integer) + 1]) / 2e0 as callback_delay_clock_s,
    ((array_agg(first_attempt_s order by first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null))[cast(floor((count(first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null) + 1) / 2e0) as integer)] + (array_agg(first_attempt_s order by first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null))[cast(floor(count(first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null) / 2e0) as integer) + 1]) / 2e0 as callback_delay_clock_s_median,
    (array_agg(first_attempt_s order by first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null))[cast(floor((9 * count(first_attempt_s) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null) + 9) / 10e0) as integer)] as callback_delay_clock_s_p90,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(first_attempt_s <= 1200, false)) as called_back_in_20_min,
    count(*) filter (where coalesce(is_case, 0) = 1 and coalesce(first_attempt_s <= 86400, false) and not (coalesce(first_attempt_s <= 1200, false))) as called_back_in_24_h,
    count(*) filter (where coalesce(is_case, 0) = 1 and first_attempt_s is not null and not (coalesce(first_attempt_s <= 86400, false))) as called_back_later,
    count(*) filter (where coalesce(is_case, 0) = 1 and not (first_attempt_s is not null)) as never_called_back
from cases
group by workspace, local_date;

create or replace view interactions_per_day as
select
    workspace,
    local_date,
    count(*) filter (where (coalesce(is_call, 0) = 1 or coalesce(is_message, 0) = 1) and coalesce(is_spam, 0) <> 1) as interactions,
    count(distinct (business_number, party_key)) filter (where (coalesce(is_call, 0) = 1 or coalesce(is_message, 0) = 1) and coalesce(is_spam, 0) <> 1 and coalesce(party_key, '') <> '') as unique_conversations,
    count(*) filter (where (coalesce(is_call, 0) = 1 or coalesce(is_message, 0) = 1) and coalesce(is_spam, 0) <> 1 and not (coalesce(party_key, '') <> '')) as anonymous_interactions
from interactions
where direction <> 'internal'
group by workspace, local_date;

create or replace view call_spend_per_day as
select
    workspace,
    local_date,
    home_currency,
    sum(home_amount) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and home_amount is not null) as spend_calls,
    cast(sum(home_amount) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and home_amount is not null) as double) / nullif(count(*) filter (where coalesce(is_answered, 0) = 1 and coalesce(is_spam, 0) <> 1 and home_amount is not null), 0) as cost_per_call,
    cast(sum(home_amount) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and home_amount is not null) as double) * 60 / nullif(sum(talk_s) filter (where coalesce(is_call, 0) = 1 and coalesce(is_spam, 0) <> 1 and home_amount is not null), 0) as cost_per_minute
from calls
where is_internal = 0 and home_amount is not null
group by workspace, local_date, home_currency;
