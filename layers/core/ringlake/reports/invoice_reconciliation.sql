-- Invoice reconciliation
-- What it shows: one row per line of an imported invoice that does not agree with our charges, and per
-- charge that the invoice lacks: different (what differs is named), extra (only the invoice has it),
-- missing (only we have it), fee (no call and no message). Lines that agree are left out. It has the
-- invoices whose period begins in the range. difference = invoiced - charged, null when currencies differ
-- or our amount is not known.
-- Needs: see_costs, see_numbers
-- Parameters: workspace text, first_date date, last_date date (both days included)
select
    invoice_name,
    invoice_id,
    connection,
    period_from,
    period_to,
    state,
    differs,
    line,
    line_id,
    line_text,
    record_id,
    business_number,
    remote_number,
    invoiced_at,
    charged_at,
    invoiced_s,
    billable_s,
    charged_s,
    invoiced_amount,
    invoiced_currency,
    charged_amount,
    charged_currency,
    difference
from reconciliations
where workspace = :workspace
    and day between cast(cast(:first_date - interval '1' day as date) as varchar)
        and cast(cast(:last_date + interval '1' day as date) as varchar)
    and period_from between :first_date and :last_date
    and state <> 'matched'
order by period_from, invoice_id, state, entry
