-- Attendance by person and day
-- What it shows: one row per local day and person with the seconds talking, online, in do-not-disturb and
-- offline, the first moment at work and the last (talking or online, UTC), from the merged line of all the
-- person's accounts. Stretches are cut at midnight, so the rows of a shift over midnight are two. Who never
-- reported a status has no rows.
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    local_date,
    user_id,
    max_by(user_name, started_at) as user_name,
    max_by(team_name, started_at) as team_name,
    min(case when status in ('talking', 'online') then started_at end) as first_at,
    max(case when status in ('talking', 'online') then ended_at end) as last_at,
    coalesce(sum(talking_s), 0) as talking_s,
    coalesce(sum(online_s), 0) as online_s,
    coalesce(sum(dnd_s), 0) as dnd_s,
    coalesce(sum(offline_s), 0) as offline_s,
    sum(case when ended_at is null then 1 else 0 end) as lasting
from presence
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
    and user_id <> ''
group by local_date, user_id
order by local_date, user_id
