-- Cost per answered call
-- What it shows: one row per calendar month and team with the charges of its calls (all legs, in the
-- workspace's currency) for each call that a person answered. Only calls whose charge is known are on both
-- sides; coverage says how many of the calls that is. Spam and internal calls are left out, as in the
-- metric cost_per_call.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with counted as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        team_id,
        team_name,
        started_at,
        is_answered,
        home_amount,
        home_currency
    from calls
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_call = 1
        and is_spam = 0
        and direction <> 'internal'
)
select
    month,
    team_id,
    max_by(team_name, started_at) as team_name,
    count(*) as calls,
    count(home_amount) as charged,
    round(cast(count(home_amount) as double) / nullif(count(*), 0), 4) as coverage,
    sum(case when home_amount is not null then is_answered else 0 end) as answered,
    sum(home_amount) as spend,
    max(home_currency) as currency,
    round(
        cast(sum(home_amount) as double)
        / nullif(sum(case when home_amount is not null then is_answered else 0 end), 0),
        4
    ) as cost_per_answered_call
from counted
group by month, team_id
order by month, team_id
