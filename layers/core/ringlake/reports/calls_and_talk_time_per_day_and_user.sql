-- Calls and talk time per day and user
-- What it shows: one row per local day and user with calls made, received and answered, and the
-- seconds talked. Calls that belong to no user (a group call nobody answered) are in the row with
-- an empty user_id, so the rows of a day sum to the day. Days are those of the workspace zone.
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    local_date,
    user_id,
    max_by(user_name, started_at) as user_name,
    max_by(user_email, started_at) as user_email,
    sum(is_outbound) as calls_made,
    sum(is_inbound) as calls_received,
    sum(is_internal) as calls_internal,
    sum(is_answered) as calls_answered,
    sum(is_missed) as calls_missed,
    coalesce(sum(talk_s), 0) as talk_s,
    round(cast(sum(talk_s) as double) / nullif(count(talk_s), 0), 1) as average_talk_s
from calls
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
    and is_call = 1
group by local_date, user_id
order by local_date, user_id
