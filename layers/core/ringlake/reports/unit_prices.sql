-- Unit prices by month
-- What it shows: one row per calendar month, connection, country and prefix of the number dialled, and
-- currency with the price per billed minute, beside that of the month before in which there were calls.
-- change is price_per_minute / price_before - 1; a price that drifts without a change of tariff is worth a
-- question to the provider. Calls that were up for no time are left out, and months with fewer than 10
-- units are marked few.
-- Needs: see_numbers, see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with months as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        connection,
        destination_country,
        prefix,
        cost_currency as currency,
        count(*) as units,
        sum(cost_amount) as spend,
        sum(coalesce(charged_s, billable_s)) as billed_s
    from charges
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_charge = 1
        and is_call = 1
        and coalesce(charged_s, billable_s) > 0
    group by
        cast(date_trunc('month', local_date) as date), connection, destination_country, prefix, cost_currency
),
prices as (
    select
        month,
        connection,
        destination_country,
        prefix,
        currency,
        units,
        spend,
        billed_s,
        round(cast(60 * spend as double) / nullif(billed_s, 0), 4) as price_per_minute
    from months
),
beside as (
    select
        month,
        connection,
        destination_country,
        prefix,
        currency,
        units,
        spend,
        price_per_minute,
        lag(month) over (partition by connection, destination_country, prefix, currency order by month) as month_before,
        lag(price_per_minute) over (
            partition by connection, destination_country, prefix, currency order by month
        ) as price_before
    from prices
)
select
    month,
    connection,
    destination_country,
    prefix,
    currency,
    units,
    case when units < 10 then 1 else 0 end as few,
    spend,
    price_per_minute,
    month_before,
    price_before,
    round(cast(price_per_minute as double) / nullif(price_before, 0) - 1, 4) as change
from beside
order by month, connection, destination_country, prefix, currency
