-- Spend per destination
-- What it shows: one row per channel, direction, country of the customer's number and currency with
-- the provider's charges. An unknown charge is not nought: spend is null until charges arrive, and
-- coverage is the share of interactions whose charge is known. Currencies are never added up. It is
-- complete: a charge is a charge, so spam and internal calls are in it, which other numbers leave out.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with interactions as (
    select 'call' as channel, direction, remote_country, cost_amount, cost_currency
    from calls
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_call = 1
    union all
    select 'message' as channel, direction, remote_country, cost_amount, cost_currency
    from messages
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
),
destinations as (
    select channel, direction, remote_country, count(*) as interactions
    from interactions
    group by channel, direction, remote_country
),
spent as (
    select
        channel,
        direction,
        remote_country,
        cost_currency,
        count(*) as charged,
        sum(cost_amount) as spend
    from interactions
    where cost_amount is not null
    group by channel, direction, remote_country, cost_currency
)
select
    d.channel as channel,
    d.direction as direction,
    d.remote_country as destination,
    c.cost_currency as currency,
    d.interactions as interactions,
    coalesce(c.charged, 0) as charged,
    round(cast(coalesce(c.charged, 0) as double) / nullif(d.interactions, 0), 4) as coverage,
    c.spend as spend
from destinations d
left join spent c
    on c.channel = d.channel and c.direction = d.direction and c.remote_country = d.remote_country
order by channel, direction, destination, currency
