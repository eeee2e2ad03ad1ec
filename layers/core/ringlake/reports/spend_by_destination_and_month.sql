-- Spend by destination and month
-- What it shows: one row per calendar month, channel, country and tariff prefix of the number that was
-- dialled or sent to, and currency: units charged, their billed seconds or segments, what they cost, and
-- per billed minute. Units are legs and parts of calls and receivers of messages, so there may be more than
-- calls. Country and prefix are empty for what was not dialled by us. price_per_minute is over calls with a
-- known charge that were up; null where there was none. Spam is in it.
-- Needs: see_numbers, see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with units as (
    select
        cast(date_trunc('month', local_date) as date) as month,
        channel,
        destination_country,
        prefix,
        destination,
        cost_currency,
        cost_amount,
        home_amount,
        home_currency,
        segments,
        case when channel = 'call' then coalesce(charged_s, billable_s) end as billed_s
    from charges
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_charge = 1
)
select
    month,
    channel,
    destination_country,
    prefix,
    max(destination) as destination,
    cost_currency as currency,
    count(*) as units,
    sum(billed_s) as billed_s,
    sum(segments) as segments,
    sum(cost_amount) as spend,
    sum(home_amount) as home_spend,
    max(home_currency) as home_currency,
    round(
        cast(60 * sum(case when billed_s > 0 then cost_amount end) as double)
        / nullif(sum(case when billed_s > 0 then billed_s end), 0),
        4
    ) as price_per_minute
from units
group by month, channel, destination_country, prefix, cost_currency
order by month, channel, destination_country, prefix, currency
