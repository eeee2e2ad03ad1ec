// Amounts as the API gives them: decimal texts, in their own currency, with what is not known beside them. Nothing is
// added up here.
import { ArrowLeftRight } from 'lucide-preact'
import { Link } from 'wouter-preact'
import type { Schemas } from '../../ask'
import { type Drill, drillTo } from '../../filter/filter'
import { UNKNOWN, useFormat } from '../../kit/format'
import { useMetric } from '../../kit/metrics'
import { useWords } from '../../words'

// Prices of a minute need what a cent hides.
const FINE = 4

export function Amount({
  amount,
  currency,
  fine,
}: {
  amount: string | number | null | undefined
  currency?: string
  fine?: boolean
}) {
  const format = useFormat()
  const say = useWords('spend')
  if (amount === null || amount === undefined) {
    return (
      <span class="faint" title={say('unknown')}>
        {UNKNOWN}
        <span class="unseen">{say('unknown')}</span>
      </span>
    )
  }
  return (
    <span class="number nowrap" data-amount={amount}>
      {format.money(amount, currency || format.currency, fine ? FINE : 2)}
    </span>
  )
}

/** How much of a sum is known, and whether some of it was converted (features.md N8; metrics.md). */
export function Known({ value }: { value: Schemas['Value'] }) {
  const say = useWords('spend')
  const format = useFormat()
  const { coverage, converted } = value
  return (
    <>
      {coverage !== null && coverage !== undefined && coverage < 1 ? (
        <span class="warn known" title={say('coverage_why')} data-coverage={coverage}>
          {say('coverage', { share: format.share(coverage, coverage > 0 && coverage < 0.01 ? 1 : 0) })}
        </span>
      ) : null}
      {converted ? (
        <span class="faint known" title={say('converted_why')}>
          <ArrowLeftRight size={12} aria-hidden="true" /> {say('converted', { count: converted })}
        </span>
      ) : null}
    </>
  )
}

/** A metric in a cell: money with coverage and its mark, everything else by its unit. */
export function Measured({
  value,
  filter,
  drill,
  bare,
}: {
  value: Schemas['Value']
  filter?: Drill
  drill?: Drill | null
  bare?: boolean
}) {
  const format = useFormat()
  const metric = useMetric(value.metric)
  const money = metric?.unit === 'money'
  const text = money ? (
    <Amount
      amount={value.value}
      currency={value.currency}
      fine={value.metric.startsWith('cost_per') || Math.abs(Number(value.value)) < 1}
    />
  ) : (
    format.value(value.value, metric?.unit ?? 'count')
  )
  const linked =
    drill && filter && value.value !== null && Number(value.n ?? 1) > 0 ? (
      <Link href={drillTo(filter, drill)}>{text}</Link>
    ) : (
      text
    )
  return (
    <div class="measured">
      {linked}
      {money && !bare ? <Known value={value} /> : null}
    </div>
  )
}
