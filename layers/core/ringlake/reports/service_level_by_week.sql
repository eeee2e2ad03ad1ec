-- Service level by week
-- What it shows: one row per week from Monday with the calls offered in open hours, how many a person
-- answered within the service threshold, and the service level = answered within it / (offered - short
-- abandons - left for a call back). Null in a week without such calls. The threshold is that of the row's
-- day as the settings said when it was counted. Spam is in none of it. A week that the range cuts is marked
-- partial.
-- Parameters: workspace text, first_date date, last_date date (both days included)
with weeks as (
    select
        cast(date_trunc('week', local_date) as date) as week_start,
        sum(is_offered) as offered,
        sum(is_answered_offered) as answered,
        sum(is_within_service) as within_service,
        sum(is_short_abandon) as short_abandons,
        sum(is_callback_requested) as callbacks_requested,
        sum(is_missed) as missed,
        sum(case when is_answered_offered = 1 then wait_s end) as answered_wait_s,
        count(case when is_answered_offered = 1 then wait_s end) as waited,
        max(case when is_answered_offered = 1 then wait_s end) as longest_wait_s
    from calls
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_call = 1
        and is_spam = 0
    group by cast(date_trunc('week', local_date) as date)
)
select
    week_start,
    case
        when week_start < :first_date then 1
        when cast(week_start + interval '6' day as date) > :last_date then 1
        else 0
    end as is_partial,
    offered,
    answered,
    within_service,
    short_abandons,
    callbacks_requested,
    missed,
    round(cast(within_service as double) / nullif(offered - short_abandons - callbacks_requested, 0), 4) as service_level,
    round(cast(answered_wait_s as double) / nullif(waited, 0), 1) as average_answer_s,
    longest_wait_s
from weeks
order by week_start
