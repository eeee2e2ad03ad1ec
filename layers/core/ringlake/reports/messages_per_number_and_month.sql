-- Messages per number and month
-- What it shows: one row per calendar month and number of ours with the messages sent and received,
-- counted as the metrics of these names are. Spam is not received, and texts that wait for a later
-- time are scheduled and not sent. A message of three segments with two pictures is one message;
-- segments and media have columns of their own, without spam, and segments are null where the provider
-- does not tell them. The delivery rate is delivered / (delivered + undelivered), null without
-- receipts; what has no receipt is pending.
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    cast(date_trunc('month', local_date) as date) as month_start,
    business_number,
    max_by(business_number_name, started_at) as business_number_name,
    sum(case when status = 'pending' and scheduled_for is not null then 0 else is_outbound end) as messages_sent,
    sum(case when is_spam = 0 then is_inbound else 0 end) as messages_received,
    sum(case when status = 'pending' and scheduled_for is not null then is_outbound else 0 end) as messages_scheduled,
    sum(is_delivered) as delivered,
    sum(is_undelivered) as undelivered,
    sum(is_pending) as pending,
    round(cast(sum(is_delivered) as double) / nullif(sum(is_delivered) + sum(is_undelivered), 0), 4) as delivery_rate,
    sum(case when is_spam = 0 then segments end) as segments,
    sum(case when is_spam = 0 then media_count else 0 end) as media
from messages
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
group by cast(date_trunc('month', local_date) as date), business_number
order by month_start, business_number
