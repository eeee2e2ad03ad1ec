-- Occupancy by user and month
-- What it shows: one row per calendar month and person: seconds talking, ringing (while online and not in
-- wrap-up; two rings at once count once, and those of consultations do not) and in wrap-up, of seconds
-- talking and online, on the merged line; the metric occupancy. Seconds of wrap-up count where the provider
-- tells them apart from being online. Null for who was never online or talking; a status that lasts still
-- is not in it.
-- Parameters: workspace text, first_date date, last_date date (both days included)
with stretches as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        user_id,
        user_name,
        status,
        lower(trim(split_part(raw, chr(58), 1))) as word,
        started_at,
        ended_at,
        talking_s,
        online_s
    from presence
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and user_id <> ''
        and ended_at is not null
),
work as (
    select
        month,
        user_id,
        max_by(user_name, started_at) as user_name,
        sum(talking_s) as talking_s,
        sum(online_s) as online_s,
        sum(
            case
                when status = 'online' and word in ('wrapup', 'wrap_up', 'wrap-up', 'wut_start', 'acw', 'after_call_work')
                then online_s
                else 0
            end
        ) as wrap_up_s
    from stretches
    group by month, user_id
),
rings as (
    select
        user_id,
        started_at,
        coalesce(answered_at, ended_at) as ended_at
    from legs
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '2' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and row_kind = 'leg'
        and kind not in ('consultation', 'survey_post_call')
        and user_id <> ''
),
pieces as (
    select
        s.month as month,
        s.user_id as user_id,
        s.started_at as stretch_at,
        date_trunc('second', greatest(r.started_at, s.started_at)) as piece_at,
        date_trunc('second', least(r.ended_at, s.ended_at)) as piece_end
    from stretches s
    inner join rings r
        on r.user_id = s.user_id and r.started_at < s.ended_at and r.ended_at > s.started_at
    where s.status = 'online'
        and s.word not in ('wrapup', 'wrap_up', 'wrap-up', 'wut_start', 'acw', 'after_call_work')
),
laid as (
    select
        month,
        user_id,
        piece_at,
        piece_end,
        max(piece_end) over (
            partition by month, user_id, stretch_at order by piece_at, piece_end
            rows between unbounded preceding and 1 preceding
        ) as covered_to
    from pieces
),
ringing as (
    select
        month,
        user_id,
        sum(
            case
                when covered_to is null then date_diff('second', piece_at, piece_end)
                when covered_to < piece_end then date_diff('second', greatest(piece_at, covered_to), piece_end)
                else 0
            end
        ) as ringing_s
    from laid
    group by month, user_id
)
select
    w.month as month,
    w.user_id as user_id,
    w.user_name as user_name,
    w.talking_s as talking_s,
    w.online_s as online_s,
    coalesce(r.ringing_s, 0) as ringing_s,
    w.wrap_up_s as wrap_up_s,
    round(
        least(
            cast(w.talking_s + coalesce(r.ringing_s, 0) + w.wrap_up_s as double)
            / nullif(w.talking_s + w.online_s, 0),
            1
        ),
        4
    ) as occupancy
from work w
left join ringing r
    on r.month = w.month and r.user_id = w.user_id
order by month, user_id
