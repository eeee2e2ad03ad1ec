-- Calls by weekday and hour
-- What it shows: one row per weekday (1 is Monday) and hour of the workspace zone with the calls received
-- and made in all of the range, offered, missed, and the missed rate; the cells of a rota. few marks cells
-- with fewer than 10 offered calls. Spam and internal calls are left out.
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    local_weekday,
    local_hour,
    count(distinct local_date) as days,
    sum(is_inbound) as received,
    sum(is_outbound) as made,
    sum(is_offered) as offered,
    sum(is_missed) as missed,
    case when sum(is_offered) < 10 then 1 else 0 end as few,
    round(cast(sum(is_missed) as double) / nullif(sum(is_offered) - sum(is_short_abandon), 0), 4) as missed_rate,
    sum(coalesce(talk_s, 0)) as talk_s
from calls
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
    and is_call = 1
    and is_spam = 0
    and direction <> 'internal'
group by local_weekday, local_hour
order by local_weekday, local_hour
