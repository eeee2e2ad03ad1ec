-- Cost per sale
-- What it shows: one row per calendar month and source of the calls with calls, sales (calls that ended in
-- one), what the calls cost in the workspace's currency, and the cost for each sale over calls whose charge
-- is known. A sale is a call that people marked successful, or that an order or its disposition names. Spam
-- and internal calls are left out.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with counted as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        source,
        is_sale,
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
    source,
    count(*) as calls,
    sum(is_sale) as sales,
    count(home_amount) as charged,
    round(cast(count(home_amount) as double) / nullif(count(*), 0), 4) as coverage,
    sum(home_amount) as spend,
    max(home_currency) as currency,
    round(
        cast(sum(home_amount) as double) / nullif(sum(case when home_amount is not null then is_sale else 0 end), 0), 4
    ) as cost_per_sale
from counted
group by month, source
order by month, source
