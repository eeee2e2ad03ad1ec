-- Invoice totals by number and month
-- What it shows: one row per imported invoice whose period begins in the range, number of ours, calendar
-- month, state and currency, with the number of entries and what the invoice and we say. All states of an
-- invoice together add up to the invoice: total it over the states matched, different, extra and fee.
-- unknown counts entries whose amounts cannot be compared.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    invoice_name,
    invoice_id,
    connection,
    period_from,
    period_to,
    business_number,
    month,
    state,
    coalesce(nullif(invoiced_currency, ''), charged_currency) as currency,
    count(*) as entries,
    coalesce(sum(invoiced_amount), 0) as invoiced,
    coalesce(
        sum(case when invoiced_currency in ('', charged_currency) then charged_amount end), 0
    ) as charged,
    coalesce(sum(difference), 0) as difference,
    sum(case when difference is null then 1 else 0 end) as unknown
from reconciliations
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and period_from between :first_date and :last_date
group by
    invoice_name, invoice_id, connection, period_from, period_to, business_number, month, state,
    coalesce(nullif(invoiced_currency, ''), charged_currency)
order by period_from, invoice_id, business_number, month, state, currency
