-- Calls and talk time per day and user
-- What it shows: one row per local day and user with calls made, received and answered, and the
-- seconds talked, counted as the metrics of these names are. Spam is left out. Internal calls are in
-- calls_internal and in nothing else. Calls that belong to no user (a group call nobody answered) are
-- in the row with an empty user_id, so the rows of a day sum to the day. Days are those of the
-- workspace zone.
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    local_date,
    user_id,
    max_by(user_name, started_at) as user_name,
    max_by(user_email, started_at) as user_email,
    sum(is_outbound) as calls_made,
    sum(is_inbound) as calls_received,
    sum(is_internal) as calls_internal,
    sum(case when is_internal = 0 then is_answered else 0 end) as calls_answered,
    sum(is_missed) as calls_missed,
    coalesce(sum(case when is_internal = 0 then talk_s end), 0) as talk_s,
    round(
        cast(sum(case when is_internal = 0 and is_answered = 1 then talk_s end) as double)
        / nullif(count(case when is_internal = 0 and is_answered = 1 then talk_s end), 0),
        1
    ) as average_talk_s
from calls
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
    and is_call = 1
    and is_spam = 0
group by local_date, user_id
order by local_date, user_id
