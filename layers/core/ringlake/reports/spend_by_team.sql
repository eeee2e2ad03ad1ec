-- Spend by team
-- What it shows: one row per calendar month, team at the time and currency with what its calls and messages
-- cost; the empty team is what belongs to none. Currencies are never added up: spend is in `currency`,
-- home_spend is the same in the workspace's currency at the stored rate of the day, null when a rate is
-- missing. coverage is the share of the group's interactions whose charge is known; an unknown charge is
-- not nought. It is complete: a charge is a charge, so spam and internal calls are in it.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with interactions as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        team_id,
        team_name,
        started_at,
        cost_amount,
        cost_currency,
        home_amount,
        home_currency
    from calls
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_call = 1
    union all
    select
        cast(date_trunc('month', local_date) as date) as month,
        team_id,
        team_name,
        started_at,
        cost_amount,
        cost_currency,
        home_amount,
        home_currency
    from messages
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
),
totals as (
    select
        month,
        team_id,
        max_by(team_name, started_at) as team_name,
        count(*) as interactions,
        count(cost_amount) as charged
    from interactions
    group by month, team_id
),
spent as (
    select
        month,
        team_id,
        cost_currency,
        sum(cost_amount) as spend,
        sum(home_amount) as home_spend,
        count(home_amount) as converted,
        max(home_currency) as home_currency
    from interactions
    where cost_amount is not null
    group by month, team_id, cost_currency
)
select
    t.month as month,
    t.team_id as team_id,
    t.team_name as team_name,
    s.cost_currency as currency,
    t.interactions as interactions,
    t.charged as charged,
    round(cast(t.charged as double) / nullif(t.interactions, 0), 4) as coverage,
    s.spend as spend,
    s.home_spend as home_spend,
    s.home_currency as home_currency,
    s.converted as in_home_spend
from totals t
left join spent s
    on s.month = t.month and s.team_id = t.team_id
order by month, team_id, currency
