// Quotes and what became of them, for the overview and for the page of quotes (features.md W29, W30).
import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import type { Filter } from '../../filter/filter'
import { Card, MetaLine, MetricName } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { useMetric } from '../../kit/metrics'
import { useWords } from '../../words'
import { Shares } from '../overview/shares'
import { EVERY } from '../overview/widget'
import { dealsAt, figureOf, numberOf } from './deals'
import './quotes.css'

type Deals = Schemas['Deals']

/** One figure of an answer: its name with the formula, and a link where the answer has a drill. */
export function DealFigure({
  value,
  href,
  children,
}: {
  value: Schemas['Value'] | undefined
  href?: string | null
  children?: ComponentChildren
}) {
  const format = useFormat()
  const unit = useMetric(value?.metric ?? '')?.unit ?? 'count'
  if (!value) return null
  const text = format.value(value.value, unit, value.currency)
  return (
    <section class="card kpi" data-metric={value.metric}>
      <div class="name">
        <MetricName id={value.metric} />
      </div>
      <div class="figure">{href && value.n ? <Link href={href}>{text}</Link> : text}</div>
      <div class="under">{children}</div>
    </section>
  )
}

/** Orders, open and lost quotes of the cohort as one bar. */
export function Fates({ values }: { values: readonly Schemas['Value'][] }) {
  const say = useWords('quotes')
  const format = useFormat()
  const quotes = numberOf(values, 'quotes')
  const parts = [
    ['orders', numberOf(values, 'orders')],
    ['open_quotes', numberOf(values, 'open_quotes')],
    ['lost_quotes', numberOf(values, 'lost_quotes')],
  ] as const
  if (!quotes) return null
  return (
    <div class="fates">
      <div class="fates-bar" aria-hidden="true">
        {parts.map(([name, count]) =>
          count ? <span key={name} class={name} style={{ flexGrow: count }} /> : null,
        )}
      </div>
      <ul>
        {parts.map(([name, count]) => (
          <li key={name}>
            <i class={name} aria-hidden="true" /> {say(`fate.${name}`)} <b>{format.count(count)}</b>
          </li>
        ))}
      </ul>
    </div>
  )
}

export function Brands({ deals }: { deals: Deals }) {
  const say = useWords('quotes')
  const format = useFormat()
  return (
    <Shares
      label={say('by_brand')}
      columns={[say('by.brand'), say('quotes'), say('conversion')]}
      rows={deals.rows
        .filter((row) => numberOf(row.values, 'quotes'))
        .map((row) => ({
          id: row.id,
          name: row.id ? row.name : say('no_brand'),
          count: numberOf(row.values, 'quotes'),
          share: row.share,
          href: dealsAt(deals.meta.filter, row.drill),
          more: [format.share(figureOf(row.values, 'conversion')?.value, 0)],
        }))}
    />
  )
}

/** On the overview: there by itself as soon as there are quotes (features.md W31). */
export function DealWidgets({ filter }: { filter: Filter }) {
  const say = useWords('quotes')
  const format = useFormat()
  const answer = useAnswer(
    '/v1/analytics/deals',
    { params: { query: { ...filter, by: 'brand' } } },
    { every: EVERY },
  )
  const deals = answer.data
  if (!deals || !(numberOf(deals.values, 'quotes') + numberOf(deals.values, 'orders_without_quote')))
    return null
  const order = figureOf(deals.values, 'order_s')
  return (
    <section class="stack" aria-label={say('title')}>
      <h2>
        <Link class="plain" href={dealsAt(deals.meta.filter)}>
          {say('title')}
        </Link>
      </h2>
      <div class="grid halves">
        <Card title={say('conversion.title')} about={say('conversion.about')}>
          <div class="stack">
            <div class="row deal-head">
              <b class="deal-big">{format.share(figureOf(deals.values, 'conversion')?.value)}</b>
              <span>
                <Link href={dealsAt(deals.meta.filter, deals.drill)}>
                  {say('quotes.count', { count: numberOf(deals.values, 'quotes') })}
                </Link>
                {', '}
                {say('orders.count', { count: numberOf(deals.values, 'orders') })}
              </span>
            </div>
            <Fates values={deals.values} />
            {order?.value !== null ? (
              <p class="faint">{say('order_time', { time: format.seconds(order?.value) })}</p>
            ) : null}
            <p class="chart-note">
              <MetaLine meta={deals.meta} />
            </p>
          </div>
        </Card>
        <Card title={say('by_brand')}>
          <Brands deals={deals} />
        </Card>
      </div>
    </section>
  )
}
