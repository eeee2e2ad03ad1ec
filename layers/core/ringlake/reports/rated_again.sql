-- Charges that were rated again
-- What it shows: one row per calendar month, connection and currency with units whose charge was rated
-- again later (a tariff had been wrong): what they cost as first rated, what they cost now, and the
-- difference. A unit that has no amount on one side counts in without_before or without_now, and in no
-- difference. Units whose currency changed are in two rows.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with ratings as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        connection,
        record_id,
        unit,
        rating,
        cost_amount,
        cost_currency,
        is_current
    from charges
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
),
again as (
    select
        f.month as month,
        f.connection as connection,
        coalesce(nullif(f.cost_currency, ''), n.cost_currency) as currency,
        f.cost_amount as before_amount,
        case when f.cost_currency = '' or n.cost_currency = f.cost_currency then n.cost_amount end as now_amount
    from ratings f
    inner join ratings n
        on n.record_id = f.record_id and n.unit = f.unit and n.is_current = 1
    where f.rating = 0 and f.is_current = 0
)
select
    month,
    connection,
    currency,
    count(*) as units,
    sum(before_amount) as first_spend,
    sum(now_amount) as spend_now,
    sum(now_amount - before_amount) as difference,
    sum(case when before_amount is null then 1 else 0 end) as without_before,
    sum(case when now_amount is null then 1 else 0 end) as without_now
from again
group by month, connection, currency
order by month, connection, currency
