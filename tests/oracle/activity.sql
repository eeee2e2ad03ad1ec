-- The activity of a workspace, computed a second time: from the raw bodies of the journal, by the
-- definitions of the metric dictionary and the providers' own documents, without any of our Python.
--
-- Tables given: events (provider, connection, kind, subject_id, received_at, body json),
-- users (connection, account, user_id, user_name), members (user_id, team_id),
-- spam (number), numbers (e164, provider_id, team_id, source), teams (team_id, team_name),
-- hours (weekday, opens, closes), holidays (day), settings (zone, short_ms, service_ms).
-- Result: view activity.

-- ---------------------------------------------------------------- what was told about calls

-- OpenPhone: app webhooks v2 and API webhooks v4 carry the call in data.object, the generation of
-- 2026-03-30 in data.resource beside data.context.
create view openphone_told as
select
    connection,
    subject_id as call_id,
    body ->> '$.type' as type,
    coalesce(body -> '$.data.resource', body -> '$.data.object') as o,
    body -> '$.data.context' as c,
    cast(body ->> '$.createdAt' as timestamptz) as sent_at
from events
where provider = 'openphone' and kind = 'call';

create view openphone_said as
select
    *,
    cast(o ->> '$.createdAt' as timestamptz) as created_at,
    cast(o ->> '$.answeredAt' as timestamptz) as answered_at,
    cast(o ->> '$.completedAt' as timestamptz) as completed_at,
    lower(o ->> '$.status') as status,
    case
        when o ->> '$.direction' = 'incoming' then 'inbound'
        when o ->> '$.direction' = 'outgoing' then 'outbound'
        when type in ('call.missed', 'call.voicemail.completed') then 'inbound'
    end as direction,
    coalesce(o ->> '$.phoneNumberId', c ->> '$.phoneNumberId') as number_id,
    coalesce(o ->> '$.answeredByUserId', o ->> '$.answeredBy') as answerer,
    coalesce(o ->> '$.initiatedBy', o ->> '$.userId', c ->> '$.userId') as person,
    -- A shared number's user is a place-holder in the newest generation.
    c is null or c ->> '$.phoneNumberType' = 'private' as is_personal,
    -- What opens, connects or closes a call; summaries and transcripts say nothing of its course.
    type in ('call.ringing', 'call.answered', 'call.completed', 'call.missed', 'call.recording.completed') as is_course,
    type = 'call.voicemail.completed'
        or (type in ('call.completed', 'call.recording.completed') and json_type(o, '$.voicemail') = 'OBJECT')
        as is_voicemail,
    -- Only some closing events say how it ended; call.missed merely announces one that does.
    type = 'call.completed' or (type = 'call.recording.completed' and o ->> '$.completedAt' is not null) as is_closing
from openphone_told;

create view openphone_calls as
select
    connection,
    call_id,
    coalesce(
        min(created_at) filter (is_course),
        min(coalesce(created_at, sent_at)) filter (is_voicemail),
        min(coalesce(created_at, sent_at))
    ) as started_at,
    true as start_known,
    cast(null as timestamptz) as queued_at,
    cast(null as timestamptz) as menu_at,
    -- features.md, times: nothing else is told, so it rings from its start.
    min(created_at) filter (is_course) as rings_at,
    min(answered_at) as answered_at,
    false as answered_by_word,
    coalesce(
        max(coalesce(completed_at, sent_at)) filter (is_closing), max(sent_at) filter (type = 'call.missed')
    ) as ended_at,
    bool_or(is_closing or is_voicemail or type = 'call.missed') as is_over,
    max(direction) as direction,
    -- Where nothing but a summary or transcript came, their context names the number.
    coalesce(max(number_id) filter (is_course or is_voicemail), max(c ->> '$.phoneNumberId')) as number_id,
    '' as dialled,
    '' as team_ref,
    '' as team_word,
    bool_or(is_voicemail or (is_closing and o ->> '$.hasVoicemail' = 'true')) as has_voicemail,
    bool_or(is_closing and status = 'busy') as is_busy,
    bool_or(is_closing and status = 'failed') as is_failed,
    bool_or(is_closing and status in ('abandoned', 'canceled')) as is_given_up,
    '' as hung_up_by,
    coalesce(max(answerer), max(person)) as talker,
    max(person) filter (direction = 'outbound') as dialler,
    max(person) filter (is_personal) as called,
    cast(null as bigint) as hold_ms
from openphone_said
group by connection, call_id;

-- Our own contract: one thing that happened per delivery, with the wall clock of the sender.
create view generic_said as
select
    connection,
    subject_id as call_id,
    body ->> '$.type' as type,
    cast(body ->> '$.timestamp' as timestamptz) as told_at,
    body -> '$.data.call' as o,
    lower(body ->> '$.data.call.status') as status
from events
where provider = 'generic' and kind = 'call';

-- A hold lasts until the same leg is resumed, at most until the call ends.
create view generic_holds as
select connection, call_id, cast(sum(date_diff('millisecond', told_at, coalesce(until_at, told_at))) as bigint) as hold_ms
from (
    select
        connection,
        call_id,
        type,
        told_at,
        coalesce(
            lead(told_at) over (partition by connection, call_id, o ->> '$.leg_id' order by told_at, type),
            max(told_at) filter (type = 'call.completed') over (partition by connection, call_id)
        ) as until_at
    from generic_said
    where type in ('call.held', 'call.resumed', 'call.completed')
)
where type = 'call.held'
group by connection, call_id;

create view generic_calls as
select
    s.connection,
    s.call_id,
    coalesce(
        min(told_at) filter (
            type in ('call.queued', 'call.ringing', 'call.answered', 'call.held', 'call.resumed', 'call.transferred',
                     'call.step', 'call.voicemail')
        ),
        min(told_at) filter (type = 'call.completed'),
        min(told_at)
    ) as started_at,
    -- Where only the end was told, nobody knows how long the call was.
    bool_or(
        type in ('call.queued', 'call.ringing', 'call.answered', 'call.held', 'call.resumed', 'call.transferred',
                 'call.step', 'call.voicemail')
    ) as start_known,
    min(told_at) filter (type = 'call.queued') as queued_at,
    coalesce(
        min(told_at) filter (type = 'call.answered' and o ->> '$.answered_by' = 'ivr'),
        case when bool_or(type = 'call.step') then
            min(told_at) filter (type in ('call.queued', 'call.ringing', 'call.answered', 'call.step', 'call.voicemail'))
        end
    ) as menu_at,
    min(told_at) filter (type = 'call.ringing') as rings_at,
    min(told_at) filter (type = 'call.answered' and coalesce(o ->> '$.answered_by', 'person') = 'person') as answered_at,
    -- features.md F33: closed as answered with an agent on it, the agent talked.
    bool_or(type = 'call.completed' and status = 'answered' and o ->> '$.agent.id' is not null) as answered_by_word,
    max(told_at) filter (type = 'call.completed') as ended_at,
    bool_or(type in ('call.completed', 'call.voicemail')) as is_over,
    max(o ->> '$.direction') as direction,
    max(o ->> '$.number.id') as number_id,
    max(case o ->> '$.direction' when 'inbound' then o ->> '$.to' else o ->> '$.from' end) as dialled,
    max(o ->> '$.team.id') as team_ref,
    max(o ->> '$.team.name') as team_word,
    bool_or(type = 'call.voicemail') as has_voicemail,
    bool_or(type = 'call.completed' and status = 'busy') as is_busy,
    bool_or(type = 'call.completed' and status = 'failed') as is_failed,
    bool_or(type = 'call.completed' and status in ('abandoned', 'cancelled', 'canceled')) as is_given_up,
    max(o ->> '$.hangup_by') filter (type = 'call.completed') as hung_up_by,
    -- The last of our people who talked to the customer.
    coalesce(
        max_by(o ->> '$.agent.id', told_at) filter (
            type = 'call.answered' and coalesce(o ->> '$.answered_by', 'person') = 'person'
        ),
        max_by(o ->> '$.agent.id', told_at) filter (type = 'call.completed')
    ) as talker,
    min_by(o ->> '$.agent.id', told_at) filter (o ->> '$.agent.id' is not null) as dialler,
    cast(null as varchar) as called,
    any_value(h.hold_ms) as hold_ms
from generic_said s
left join generic_holds h on h.connection = s.connection and h.call_id = s.call_id
group by s.connection, s.call_id
-- A consultation is part of another call; a classifier row is no call.
having count(*) filter (o ->> '$.parent_id' is not null or status = 'classifier') = 0;

-- ---------------------------------------------------------------- calls, their phases and their outcome

create view told_calls as
select * from openphone_calls
union all by name
select * from generic_calls;

create view timed_calls as
select
    t.*,
    coalesce(n.e164, t.dialled, '') as business_number,
    coalesce(n.team_id, '') as number_team,
    -- Where a call came from: one that we made came from nowhere (features.md N16).
    case when t.direction = 'outbound' then '' else coalesce(n.source, '') end as source,
    coalesce(t.answered_at is not null or t.answered_by_word, false) as is_answered,
    -- The wait for a person ends with the answer; without a time of the answer it is unknown.
    case when t.answered_at is not null then t.answered_at when not t.answered_by_word then t.ended_at end as stop_at,
    cast(t.started_at at time zone (select zone from settings) as timestamp) as local_at
from told_calls t
left join numbers n on n.provider_id = t.number_id or (t.number_id is null and n.e164 = t.dialled);

-- A span that would be negative is a clock that runs wrong: it counts 0.
create macro span(since, till) as
    case when since is not null and till is not null then greatest(date_diff('millisecond', since, till), 0) end;

create view phased_calls as
select
    *,
    span(
        menu_at,
        least(
            case when queued_at >= menu_at then queued_at end,
            case when rings_at >= menu_at then rings_at end,
            case when stop_at >= menu_at then stop_at end
        )
    ) as ivr_ms,
    -- metrics.md ASA: from queue entry, or from the first ring where there is no queue; a queue that
    -- was entered after the answer (a transfer) is none.
    case
        when queued_at <= stop_at then span(queued_at, stop_at)
        when rings_at <= stop_at then span(rings_at, stop_at)
        else span(coalesce(queued_at, rings_at), stop_at)
    end as wait_ms,
    span(rings_at, stop_at) as ring_ms,
    span(answered_at, ended_at) as talk_ms,
    case when start_known then span(started_at, ended_at) end as total_ms,
    exists (
        select 1 from hours h
        where h.weekday = isodow(local_at)
            and strftime(local_at, '%H:%M') >= h.opens
            and strftime(local_at, '%H:%M') < h.closes
    ) and cast(local_at as date) not in (select day from holidays) as is_open
from timed_calls;

create view ended_calls as
select
    *,
    case
        when not coalesce(is_over, false) then ''
        when is_answered then 'answered'
        when direction is distinct from 'outbound' and has_voicemail then 'voicemail'
        when is_busy then 'busy'
        when is_failed then 'failed'
        -- features.md O39: "at once" is less than a second of ringing.
        when direction = 'outbound' and (is_given_up or hung_up_by = 'agent')
            and (ring_ms < 1000 or (ring_ms is null and is_given_up)) then 'outbound_aborted'
        when direction = 'inbound' and (is_given_up or hung_up_by = 'customer') then 'caller_abandoned'
        else 'no_answer'
    end as outcome
from phased_calls;

-- metrics.md, base sets of incoming calls in open hours: each unanswered call is in one of four.
create view counted_calls as
select
    *,
    case
        when direction is distinct from 'inbound' or outcome = '' then ''
        -- metrics.md: spam is excluded from every set. Here: whatever names a number of the list.
        when exists (
            select 1 from events e, spam l
            where e.connection = ended_calls.connection and e.subject_id = ended_calls.call_id
                and contains(cast(e.body as varchar), l.number)
        ) then ''
        when outcome = 'answered' then case when is_open then 'ANS' else '' end
        when not is_open then 'CLOSED'
        when menu_at is not null and queued_at is null and rings_at is null
            and outcome in ('caller_abandoned', 'no_answer') then 'IVR'
        when outcome = 'caller_abandoned' and s.short_ms > 0 and wait_ms <= s.short_ms then 'ABN_S'
        else 'MISSED'
    end as base_set,
    case
        when is_answered then talker
        -- A call that rang a group and that nobody took belongs to nobody.
        when direction = 'inbound' then case when number_team = '' and team_ref = '' then called end
        else dialler
    end as account,
    s.service_ms
from ended_calls, settings s;

-- ---------------------------------------------------------------- messages

create view told_messages as
select
    connection,
    subject_id as message_id,
    case body ->> '$.type'
        when 'message.delivered' then 1
        when 'message.undelivered' then 2
        when 'message.failed' then 2
        when 'message.received' then 3
        when 'message.sent' then 4
        when 'message.queued' then 5
    end as rank,
    coalesce(body -> '$.data.resource', body -> '$.data.object', body -> '$.data.message') as o,
    body -> '$.data.context' as c,
    cast(body ->> '$.timestamp' as timestamptz) as told_at
from events
where kind = 'message';

create view messages as
select
    connection,
    message_id,
    -- A status never goes back, whatever order the receipts come in.
    ['delivered', 'undelivered', 'received', 'sent', 'pending'][min(rank)] as status,
    coalesce(min(cast(o ->> '$.createdAt' as timestamptz)), min(told_at)) as started_at,
    max(case when o ->> '$.direction' in ('incoming', 'inbound') then 'inbound' else 'outbound' end) as direction,
    max(coalesce(o ->> '$.phoneNumberId', c ->> '$.phoneNumberId')) as number_id,
    max(case when o ->> '$.direction' = 'inbound' then o ->> '$.to' else o ->> '$.from' end) as ours,
    max(coalesce(o ->> '$.userId', c ->> '$.userId', o ->> '$.agent.id')) as account
from told_messages
group by connection, message_id;

-- ---------------------------------------------------------------- the sums

-- Milliseconds become whole seconds half up; a phase that never was adds nothing.
create macro whole(ms) as cast(floor((ms + 500) / 1000.0) as bigint);

create view interactions as
select
    'call' as channel,
    c.started_at,
    coalesce(u.user_id, '') as user_id,
    coalesce(u.user_name, case when c.account is null then '' end, '') as user_name,
    coalesce(
        (select t.team_id from teams t where t.team_id = c.team_ref or t.team_name = c.team_word),
        nullif(c.number_team, ''),
        (select any_value(m.team_id) from members m where m.user_id = u.user_id having count(*) = 1),
        ''
    ) as team_id,
    c.business_number,
    coalesce(c.direction, '') as direction,
    c.outcome,
    c.source,
    1 as calls,
    0 as messages,
    cast(c.outcome = 'answered' as int) as answered,
    cast(c.base_set in ('ANS', 'ABN_S', 'MISSED') as int) as offered,
    cast(c.base_set = 'MISSED' as int) as missed,
    cast(c.base_set = 'ABN_S' as int) as short_abandons,
    cast(c.base_set = 'CLOSED' as int) as closed_hours,
    cast(c.base_set = 'IVR' as int) as ivr_abandons,
    cast(c.base_set = 'ANS' and coalesce(c.wait_ms <= c.service_ms, false) as int) as within_service,
    0 as delivered,
    0 as undelivered,
    whole(c.ivr_ms) as ivr_s,
    whole(c.wait_ms) as wait_s,
    whole(c.ring_ms) as ring_s,
    whole(c.hold_ms) as hold_s,
    whole(c.talk_ms) as talk_s,
    whole(c.total_ms) as total_s,
    case when c.base_set = 'ANS' then whole(c.wait_ms) end as answered_wait_s,
    cast(c.base_set = 'ANS' as int) as answered_offered
from counted_calls c
left join users u on u.connection = c.connection and u.account = c.account
union all by name
select
    'message' as channel,
    m.started_at,
    coalesce(u.user_id, '') as user_id,
    coalesce(u.user_name, '') as user_name,
    coalesce(n.team_id, '') as team_id,
    coalesce(n.e164, m.ours, '') as business_number,
    m.direction,
    m.status as outcome,
    '' as source,
    0 as calls,
    1 as messages,
    0 as answered,
    0 as offered,
    0 as missed,
    0 as short_abandons,
    0 as closed_hours,
    0 as ivr_abandons,
    0 as within_service,
    cast(m.status = 'delivered' as int) as delivered,
    cast(m.status = 'undelivered' as int) as undelivered,
    0 as answered_offered
from messages m
left join numbers n on n.provider_id = m.number_id or (m.number_id is null and n.e164 = m.ours)
left join users u on u.connection = m.connection and u.account = m.account;

create view activity as
select
    cast(time_bucket(interval '15 minutes', started_at) at time zone 'UTC' as timestamp) as bucket_start,
    cast(timezone((select zone from settings), started_at) as date) as local_date,
    hour(timezone((select zone from settings), started_at)) as local_hour,
    isodow(timezone((select zone from settings), started_at)) as local_weekday,
    user_id,
    any_value(user_name) as user_name,
    team_id,
    business_number,
    direction,
    channel,
    outcome,
    source,
    sum(calls) as calls,
    sum(messages) as messages,
    sum(answered) as answered,
    sum(offered) as offered,
    sum(missed) as missed,
    sum(short_abandons) as short_abandons,
    sum(closed_hours) as closed_hours,
    sum(ivr_abandons) as ivr_abandons,
    sum(within_service) as within_service,
    sum(delivered) as delivered,
    sum(undelivered) as undelivered,
    coalesce(sum(ivr_s), 0) as ivr_s,
    coalesce(sum(wait_s), 0) as wait_s,
    coalesce(sum(ring_s), 0) as ring_s,
    coalesce(sum(hold_s), 0) as hold_s,
    coalesce(sum(talk_s), 0) as talk_s,
    coalesce(sum(total_s), 0) as total_s,
    coalesce(sum(answered_wait_s), 0) as answered_wait_s,
    sum(answered_offered) as answered_offered
from interactions
group by all;
