-- Charges of closed months that changed
-- What it shows: one row per charge that is not what it was when its month was last closed: added (no
-- charge then), gone (none now) or changed (another amount or currency). Months that nobody closed are not
-- in it. The range has to hold whole months.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with frozen as (
    select month, record_id, unit, started_at, business_number, cost_amount, cost_currency
    from closed_charges
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and month between :first_date and :last_date
        and is_latest = 1
),
closed as (
    select distinct month
    from closings
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and month between :first_date and :last_date
),
present as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        record_id,
        unit,
        started_at,
        business_number,
        cost_amount,
        cost_currency
    from charges
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_charge = 1
)
select
    c.month as month,
    coalesce(f.record_id, p.record_id) as record_id,
    coalesce(f.unit, p.unit) as unit,
    coalesce(f.started_at, p.started_at) as started_at,
    coalesce(f.business_number, p.business_number) as business_number,
    case when f.record_id is null then 'added' when p.record_id is null then 'gone' else 'changed' end as finding,
    f.cost_amount as amount_frozen,
    f.cost_currency as currency_frozen,
    p.cost_amount as amount_now,
    p.cost_currency as currency_now
from frozen f
full join present p
    on p.month = f.month and p.record_id = f.record_id and p.unit = f.unit
inner join closed c
    on c.month = coalesce(f.month, p.month)
where f.record_id is null
    or p.record_id is null
    or f.cost_amount <> p.cost_amount
    or f.cost_currency <> p.cost_currency
order by month, record_id, unit
