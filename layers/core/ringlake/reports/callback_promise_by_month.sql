-- Call-back promise by month and team
-- What it shows: one row per calendar month of the miss and team with the missed-contact cases, how many
-- were attempted, attempted within the promised time counted in open hours, recovered, reached, resolved by
-- the customer or by a text, dismissed and still open. kept = within the promised time / cases that were
-- not dismissed; null without any.
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    cast(date_trunc('month', local_date) as date) as month,
    team_id,
    max_by(team_name, started_at) as team_name,
    sum(is_case) as cases,
    sum(misses) as misses,
    sum(is_attempted) as attempted,
    sum(is_within_sla) as within_promise,
    sum(is_recovered) as recovered,
    sum(is_reached) as reached,
    sum(is_resolved_by_customer) as resolved_by_customer,
    sum(is_resolved_by_text) as resolved_by_text,
    sum(is_dismissed) as dismissed,
    sum(is_open) as still_open,
    round(cast(sum(is_within_sla) as double) / nullif(sum(is_case) - sum(is_dismissed), 0), 4) as kept,
    round(
        cast(sum(case when is_attempted = 1 then first_attempt_s end) as double)
        / nullif(count(case when is_attempted = 1 then first_attempt_s end), 0),
        1
    ) as average_first_attempt_s
from cases
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and local_date between :first_date and :last_date
group by cast(date_trunc('month', local_date) as date), team_id
order by month, team_id
