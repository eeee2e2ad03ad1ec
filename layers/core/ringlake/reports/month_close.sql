-- Month close
-- What it shows: one row per closed month, table and currency: rows, seconds and amount as they were frozen
-- by the last closing, and as they are now, with the digest of the closing. drifted is 1 where they are not
-- the same any more; closed_month_drift lists the charges. The range has to hold whole months: of a month
-- that it cuts only a part is counted now.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with frozen as (
    select
        month,
        part,
        currency,
        max(closing) as closing,
        max(closing_sha256) as closing_sha256,
        max(closed_at) as closed_at,
        max(closed_by) as closed_by,
        sum(row_count) as row_count,
        sum(seconds) as seconds,
        sum(amount) as amount
    from closings
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and month between :first_date and :last_date
        and is_latest = 1
    group by month, part, currency
),
present as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        'charges' as part,
        case when cost_amount is null then '' else cost_currency end as currency,
        count(*) as row_count,
        sum(coalesce(billable_s, 0)) as seconds,
        sum(coalesce(cost_amount, 0)) as amount
    from charges
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_charge = 1
    group by
        cast(date_trunc('month', local_date) as date),
        case when cost_amount is null then '' else cost_currency end
    union all
    select
        cast(date_trunc('month', local_date) as date) as month,
        'calls' as part,
        case when cost_amount is null then '' else cost_currency end as currency,
        count(*) as row_count,
        sum(coalesce(talk_s, 0)) as seconds,
        sum(coalesce(cost_amount, 0)) as amount
    from calls
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_call = 1
    group by
        cast(date_trunc('month', local_date) as date),
        case when cost_amount is null then '' else cost_currency end
    union all
    select
        cast(date_trunc('month', local_date) as date) as month,
        'messages' as part,
        case when cost_amount is null then '' else cost_currency end as currency,
        count(*) as row_count,
        sum(0) as seconds,
        sum(coalesce(cost_amount, 0)) as amount
    from messages
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_message = 1
    group by
        cast(date_trunc('month', local_date) as date),
        case when cost_amount is null then '' else cost_currency end
),
closed as (
    select distinct month, closing, closing_sha256, closed_at, closed_by from frozen
),
keys as (
    select month, part, currency from frozen
    union
    select p.month as month, p.part as part, p.currency as currency
    from present p
    inner join closed c
        on c.month = p.month
)
select
    k.month as month,
    k.part as part,
    k.currency as currency,
    c.closing as closing,
    coalesce(f.row_count, 0) as rows_frozen,
    coalesce(p.row_count, 0) as rows_now,
    coalesce(f.seconds, 0) as seconds_frozen,
    coalesce(p.seconds, 0) as seconds_now,
    coalesce(f.amount, 0) as amount_frozen,
    coalesce(p.amount, 0) as amount_now,
    case
        when coalesce(f.row_count, 0) = coalesce(p.row_count, 0)
            and coalesce(f.seconds, 0) = coalesce(p.seconds, 0)
            and coalesce(f.amount, 0) = coalesce(p.amount, 0)
        then 0
        else 1
    end as drifted,
    c.closed_at as closed_at,
    c.closed_by as closed_by,
    c.closing_sha256 as closing_sha256
from keys k
inner join closed c
    on c.month = k.month
left join frozen f
    on f.month = k.month and f.part = k.part and f.currency = k.currency
left join present p
    on p.month = k.month and p.part = k.part and p.currency = k.currency
order by month, part, currency
