-- Quality by provider and destination
-- What it shows: one row per calendar month, connection, number of ours and country of the customer with
-- outbound calls: attempts, answered, the answer-seizure ratio asr = answered / attempts, connect_rate without the attempts
-- that our side gave up, the average length of an answered call acd_s, and spend in the workspace's currency
-- with its coverage and per minute of talk (demands.md D78). Spam is left out.
-- Needs: see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    cast(date_trunc('month', local_date) as date) as month,
    connection,
    business_number,
    remote_country,
    sum(is_outbound) as attempts,
    sum(is_aborted) as given_up,
    sum(is_answered) as answered,
    sum(is_busy) as busy,
    sum(is_failed) as failed,
    round(cast(sum(is_answered) as double) / nullif(sum(is_outbound), 0), 4) as asr,
    round(cast(sum(is_answered) as double) / nullif(sum(is_outbound) - sum(is_aborted), 0), 4) as connect_rate,
    round(
        cast(sum(case when is_answered = 1 then talk_s end) as double)
        / nullif(count(case when is_answered = 1 then talk_s end), 0),
        1
    ) as acd_s,
    round(cast(count(home_amount) as double) / nullif(count(*), 0), 4) as coverage,
    sum(home_amount) as spend,
    max(home_currency) as currency,
    round(
        cast(60 * sum(case when talk_s > 0 then home_amount end) as double)
        / nullif(sum(case when home_amount is not null and talk_s > 0 then talk_s end), 0),
        4
    ) as price_per_minute
from calls
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
    and is_call = 1
    and is_outbound = 1
    and is_spam = 0
group by cast(date_trunc('month', local_date) as date), connection, business_number, remote_country
order by month, connection, business_number, remote_country
