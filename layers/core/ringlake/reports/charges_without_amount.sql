-- Charges without an amount
-- What it shows: one row per calendar month, connection, reason, country and prefix of units that were used
-- and whose price is not known: no_rate (no tariff knows the destination), unknown_time (nobody told how
-- long it was up), lasts (the call is not over), no_segments. They are in no sum of money.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    cast(date_trunc('month', local_date) as date) as month,
    connection,
    unpriced,
    destination_country,
    count(*) as units,
    count(distinct record_id) as interactions,
    min(started_at) as first_at,
    max(started_at) as last_at
from charges
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
    and is_current = 1
    and is_charge = 0
group by cast(date_trunc('month', local_date) as date), connection, unpriced, destination_country
order by month, connection, unpriced, destination_country
