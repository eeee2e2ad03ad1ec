-- Missed rate per week
-- What it shows: one row per week from Monday with the calls offered in open hours, how many were
-- answered, missed or given up early, and the missed rate = missed / (offered - short abandons).
-- The rate is null in a week without offered calls. Calls outside open hours and calls that ended
-- in the menu are listed apart. Spam is in none of these. A week that the range cuts is marked partial.
-- Parameters: workspace text, first_date date, last_date date (both days included)
with weeks as (
    select
        cast(date_trunc('week', local_date) as date) as week_start,
        sum(offered) as offered,
        sum(answered_offered) as answered,
        sum(missed) as missed,
        sum(short_abandons) as short_abandons,
        sum(closed_hours) as closed_hours,
        sum(ivr_abandons) as ivr_abandons
    from activity
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and channel = 'call'
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
    missed,
    short_abandons,
    closed_hours,
    ivr_abandons,
    round(cast(missed as double) / nullif(offered - short_abandons, 0), 4) as missed_rate
from weeks
order by week_start
