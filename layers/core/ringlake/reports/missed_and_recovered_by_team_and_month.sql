-- Missed and recovered by team and month
-- What it shows: one row per calendar month and team with the calls offered in open hours, the missed ones,
-- those of all misses that needed a call back, and what became of them: recovered by an outbound call,
-- reached in it, resolved because the customer rang again. missed_rate = missed / (offered - short
-- abandons); recovered_rate = recovered / needing. Both are null without a denominator. Spam is in none of
-- it.
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    cast(date_trunc('month', local_date) as date) as month,
    team_id,
    max_by(team_name, started_at) as team_name,
    sum(is_offered) as offered,
    sum(is_missed) as missed,
    sum(is_short_abandon) as short_abandons,
    round(cast(sum(is_missed) as double) / nullif(sum(is_offered) - sum(is_short_abandon), 0), 4) as missed_rate,
    sum(is_candidate) as needing,
    sum(is_recovered) as recovered,
    sum(is_reached) as reached,
    sum(is_resolved_by_customer) as resolved_by_customer,
    sum(is_unrecovered) as unrecovered,
    round(cast(sum(is_recovered) as double) / nullif(sum(is_candidate), 0), 4) as recovered_rate,
    round(
        cast(sum(case when is_recovered = 1 then recovery_s end) as double)
        / nullif(count(case when is_recovered = 1 then recovery_s end), 0),
        1
    ) as average_recovery_s
from calls
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
    and is_call = 1
    and is_spam = 0
    and is_inbound = 1
group by cast(date_trunc('month', local_date) as date), team_id
order by month, team_id
