-- The recovery measures of table activity, from the rows of table calls by the definitions (features.md
-- W32-W35): every customer at once, the workspace's settings as they come. `calls` is given.

create view known as select * from calls where party_key <> '' and is_call = 1 and direction in ('inbound', 'outbound');

create view misses as
select *, coalesce(ended_at, started_at) as over, over + interval 7 days as latest
from known where direction = 'inbound' and outcome not in ('', 'answered') and is_spam = 0;

create view fates as
select
    m.record_id,
    m.over,
    (
        select min(o.started_at) from known o
        where o.party_key = m.party_key and o.direction = 'outbound' and o.kind <> 'survey_outbound'
            and o.started_at between m.over and m.latest
    ) as tried_at,
    (
        select min(a.started_at) from known a
        where a.party_key = m.party_key and a.direction = 'inbound' and a.outcome = 'answered'
            and a.started_at > m.started_at and a.started_at <= m.latest
    ) as rang_at,
    exists (
        select 1 from known o
        where o.party_key = m.party_key and o.direction = 'outbound' and o.kind <> 'survey_outbound'
            and o.outcome = 'answered' and o.started_at between m.over and m.latest
    ) as talked
from misses m;

create view judged as
select *, tried_at is not null and coalesce(tried_at < rang_at, true) as called_back from fates;

create view recovered as
select
    time_bucket(interval '15 minutes', c.started_at) as bucket_start,
    c.user_id, c.team_id, c.business_number, c.direction, c.outcome, c.source,
    count(j.record_id) as candidates,
    count(*) filter (called_back) as recovered,
    count(*) filter (called_back and talked) as reached,
    count(*) filter (rang_at is not null and not called_back) as resolved_by_customer,
    coalesce(sum(floor((date_diff('millisecond', over, tried_at) + 500) / 1000.0)) filter (called_back), 0) as recovery_s
from calls c left join judged j using (record_id)
where c.is_call = 1
group by all;
