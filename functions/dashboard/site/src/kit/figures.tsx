// Cards and figures. A figure is what the API answered: value, difference, target and the filter that lists its rows.
import { ArrowDownRight, ArrowRight, ArrowUpRight } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import type { Schemas } from '../ask'
import { type Drill, drillTo } from '../filter/filter'
import { useFieldNames, useWords } from '../words'
import { useDefinition } from '../words/definitions'
import { useFormat } from './format'
import { useMetric } from './metrics'
import { Hint } from './overlay'
import './kit.css'

interface CardProps {
  title?: ComponentChildren
  /** One line under the title. */
  about?: ComponentChildren
  tools?: ComponentChildren
  children: ComponentChildren
  class?: string
}

export function Card({ title, about, tools, children, class: name = '' }: CardProps) {
  return (
    <section class={`card ${name}`}>
      {title || tools ? (
        <header>
          <div>
            {title ? <h2>{title}</h2> : null}
            {about ? <p class="about">{about}</p> : null}
          </div>
          {tools ? <div class="row no-print">{tools}</div> : null}
        </header>
      ) : null}
      {children}
    </section>
  )
}

/** What a metric means, in the reader's language; loaded when somebody asks. */
function Definition({ id }: { id: string }) {
  const say = useWords('kit')
  const definition = useDefinition(id)
  if (!definition) return <>…</>
  return (
    <>
      {definition.words}
      {definition.numerator ? (
        <>
          <br />
          <b>{say('formula')}</b> {definition.numerator}
          {definition.denominator ? ` ÷ ${definition.denominator}` : ''}
        </>
      ) : null}
    </>
  )
}

/** The definition of a metric behind an "i". */
export function MetricHint({ id }: { id: string }) {
  const name = useFieldNames()
  return (
    <Hint about={name(id)}>
      <Definition id={id} />
    </Hint>
  )
}

/** Name of a metric with its definition beside it. */
export function MetricName({ id }: { id: string }) {
  const name = useFieldNames()
  return (
    <>
      <span>{name(id)}</span>
      <MetricHint id={id} />
    </>
  )
}

/** A metric's value as the API answered it: formatted by unit, a link to its rows where it has any. */
export function Figure({
  value,
  filter,
  drill,
}: {
  value: Schemas['Value']
  filter?: Drill
  drill?: Drill | null
}) {
  const format = useFormat()
  const metric = useMetric(value.metric)
  const text = format.value(value.value, metric?.unit ?? 'count', value.currency)
  if (!drill || !filter || value.value === null || Number(value.n ?? 1) === 0) return <>{text}</>
  return <Link href={drillTo(filter, drill)}>{text}</Link>
}

/** A difference: its sign, and whether it is good (by the metric's own direction). */
export function Delta({ compared }: { compared: Schemas['Compared'] }) {
  const format = useFormat()
  const metric = useMetric(compared.value.metric)
  const delta = compared.delta === null ? null : Number(compared.delta)
  if (delta === null) return <span class="delta">–</span>
  const better = metric?.better === 'higher' ? delta > 0 : metric?.better === 'lower' ? delta < 0 : null
  const tone = delta === 0 || better === null ? '' : better ? 'good' : 'bad'
  const Arrow = delta > 0 ? ArrowUpRight : delta < 0 ? ArrowDownRight : ArrowRight
  const text =
    metric?.unit === 'share' || compared.delta_share === null
      ? format.difference(delta, metric?.unit ?? 'count', compared.value.currency)
      : format.share(compared.delta_share, 0).replace(/^(?=\d)/, delta > 0 ? '+' : '')
  return (
    <span class={`delta ${tone}`}>
      <Arrow size={14} aria-hidden="true" /> {text}
    </span>
  )
}

interface KpiProps {
  compared: Schemas['Compared']
  filter: Drill
  /** Colour of the figure where it is beyond what is wanted. */
  tone?: '' | 'good' | 'warn' | 'bad'
  /** Below the figure: a target, a split. */
  children?: ComponentChildren
}

/** One card of figures: name with formula, value that drills to its rows, difference from the period before. */
export function Kpi({ compared, filter, tone = '', children }: KpiProps) {
  const format = useFormat()
  const say = useWords('kit')
  const metric = useMetric(compared.value.metric)
  const { value, previous } = compared
  const unit = metric?.unit ?? 'count'
  return (
    <section class="card kpi" data-metric={value.metric}>
      <div class="name">
        <MetricName id={value.metric} />
      </div>
      <div class={`figure ${tone}`}>
        <Figure value={value} filter={filter} drill={compared.drill} />
      </div>
      <div class="under">
        {previous ? (
          <>
            <Delta compared={compared} />
            <span>{say('before', { value: format.value(previous.value, unit, previous.currency) })}</span>
          </>
        ) : null}
        {value.coverage !== null && value.coverage !== undefined && value.coverage < 1 ? (
          <span class="warn">{say('coverage', { share: format.share(value.coverage, 0) })}</span>
        ) : null}
      </div>
      {children}
    </section>
  )
}

/** Where and when the numbers are true: zone, resolved dates, freshness (features.md O15, O17; demands.md D71). */
export function MetaLine({
  meta,
}: {
  meta: Pick<Schemas['Meta'], 'zone' | 'as_of'> & Partial<Schemas['Meta']>
}) {
  const say = useWords('kit')
  const format = useFormat()
  return (
    <>
      {meta.from_date ? <span>{format.days(meta.from_date, meta.to_date ?? meta.from_date)}</span> : null}
      <span>{say('zone', { zone: meta.zone })}</span>
      <span>{say('as_of', { at: format.exactly(meta.as_of) })}</span>
    </>
  )
}
