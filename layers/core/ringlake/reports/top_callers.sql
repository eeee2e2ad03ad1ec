-- Top callers
-- What it shows: the 100 customers with the most calls and messages of the range, a group text being one
-- customer: calls in and out, answered and missed, texts, seconds talked, and what they cost in the
-- workspace's currency. Who has equally many stands by the key of the customer. Withheld callers are
-- nobody, so they are not in it; nor are spam and internal calls.
-- Needs: see_numbers, see_names, see_costs
-- Parameters: workspace text, first_date date, last_date date (both days included)
with interactions as (
    select
        party_key,
        remote_number,
        remote_name,
        started_at,
        1 as is_call,
        is_inbound,
        is_outbound,
        is_answered,
        is_missed,
        coalesce(talk_s, 0) as talk_s,
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
        and party_key <> ''
    union all
    select
        party_key,
        remote_number,
        remote_name,
        started_at,
        0 as is_call,
        is_inbound,
        is_outbound,
        0 as is_answered,
        0 as is_missed,
        0 as talk_s,
        home_amount,
        home_currency
    from messages
    where workspace = :workspace
        and day between cast(cast(:first_date - interval '1' day as date) as varchar)
            and cast(cast(:last_date + interval '1' day as date) as varchar)
        and local_date between :first_date and :last_date
        and is_spam = 0
        and party_key <> ''
),
customers as (
    select
        party_key,
        max_by(remote_number, started_at) as remote_number,
        max_by(remote_name, started_at) as remote_name,
        count(*) as interactions,
        sum(is_call) as calls,
        sum(is_call * is_inbound) as calls_received,
        sum(is_call * is_outbound) as calls_made,
        sum(is_answered) as answered,
        sum(is_missed) as missed,
        sum(1 - is_call) as messages,
        sum(talk_s) as talk_s,
        sum(home_amount) as spend,
        max(home_currency) as currency,
        max(started_at) as last_at
    from interactions
    group by party_key
),
ranked as (
    select
        row_number() over (order by interactions desc, party_key) as place,
        party_key,
        remote_number,
        remote_name,
        interactions,
        calls,
        calls_received,
        calls_made,
        answered,
        missed,
        messages,
        talk_s,
        spend,
        currency,
        last_at
    from customers
)
select
    place,
    party_key,
    remote_number,
    remote_name,
    interactions,
    calls,
    calls_received,
    calls_made,
    answered,
    missed,
    messages,
    talk_s,
    spend,
    currency,
    last_at
from ranked
where place <= 100
order by place
