// The first tab: cards, volume, when it is busy, how calls ended, why they were missed, who took them, what is open.
import type { ComponentChildren } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { useAnswer } from '../../ask'
import type { operations } from '../../ask/schema'
import { type Drill, type Filter, writeFilter } from '../../filter/filter'
import { Chart } from '../../kit/chart'
import { Switch } from '../../kit/choices'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import type { MetricId } from '../../kit/metrics'
import { Phone, Tag } from '../../kit/pieces'
import { Empty } from '../../kit/states'
import { Table } from '../../kit/table'
import { useMay } from '../../session'
import { useFieldNames, useTerms, useWords } from '../../words'
import { DealWidgets } from '../quotes/widgets'
import { Cards } from './cards'
import { useMetricDrills } from './drills'
import { HeatMap } from './heatmap'
import { hoursOption, hoursTable } from './hours'
import { linkOf } from './links'
import { Counted, Shares } from './shares'
import { Volume } from './volume-chart'
import { EVERY, Widget } from './widget'

interface Props {
  filter: Filter
}

const HOURLY = [
  'calls',
  'calls_received',
  'calls_made',
  'calls_missed',
] as const satisfies readonly MetricId[]

function ByHour({ filter }: Props) {
  const say = useWords('overview')
  const name = useFieldNames()
  const format = useFormat()
  const [, go] = useLocation()
  const [metric, choose] = useState<(typeof HOURLY)[number]>('calls')
  const drill = useMetricDrills(filter)(metric)
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    { params: { query: { ...filter, by: 'hour', metrics: [metric], all: true } } },
    { every: EVERY },
  )
  const title = name(metric)
  const option = useMemo(
    () => (answer.data ? hoursOption(answer.data, title, format) : null),
    [answer.data, title, format],
  )
  return (
    <Widget
      title={say('hours')}
      query={answer}
      height={290}
      tools={
        <Switch
          label={say('hours')}
          options={HOURLY.map((id) => ({ id, name: say(`hours.${id}`) }))}
          chosen={metric}
          onChange={choose}
        />
      }
    >
      {(found) =>
        option ? (
          <Chart
            option={option}
            label={say('hours.label', { metric: title })}
            height={240}
            table={hoursTable(found, [say('hour'), title, say('share')], format, (part) =>
              Number(part?.values[0]?.value ?? 0) ? linkOf(found.meta.filter, drill, part?.drill) : null,
            )}
            onPick={({ dataIndex }) => {
              const part = found.parts.find((one) => one.key !== '' && Number(one.key) === dataIndex)
              const href = Number(part?.values[0]?.value ?? 0)
                ? linkOf(found.meta.filter, drill, part?.drill)
                : null
              if (href) go(href)
            }}
            note={<MetaLine meta={found.meta} />}
          />
        ) : null
      }
    </Widget>
  )
}

const OUTCOMES: readonly MetricId[] = ['calls', 'calls_received', 'calls_made']

function ByStatus({ filter }: Props) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const term = useTerms()
  const drill = useMetricDrills(filter)
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    { params: { query: { ...filter, by: 'outcome', metrics: [...OUTCOMES], all: true } } },
    { every: EVERY },
  )
  return (
    <Widget title={say('statuses')} about={say('statuses.about')} query={answer} height={290}>
      {(found) => {
        const link = (at: number, part?: Drill | null) =>
          linkOf(found.meta.filter, drill(OUTCOMES[at] ?? ''), part)
        const count = (values: { value: unknown }[], at: number) => Number(values[at]?.value ?? 0)
        return (
          <>
            <Shares
              label={say('statuses')}
              columns={[say('outcome'), say('calls'), say('incoming'), say('outgoing')]}
              rows={found.parts
                .filter((part) => count(part.values, 0))
                .map((part) => ({
                  id: part.key,
                  name: part.key ? term(`outcome.${part.key}`) : say('unfinished'),
                  count: count(part.values, 0),
                  share: part.share,
                  href: link(0, part.drill),
                  color: `--outcome-${part.key}`,
                  more: [1, 2].map((at) => (
                    <Counted key={at} count={count(part.values, at)} href={link(at, part.drill)} />
                  )),
                }))}
              total={{
                name: kit('total'),
                count: count(found.total, 0),
                href: link(0, {}),
                more: [1, 2].map((at) => (
                  <Counted key={at} count={count(found.total, at)} href={link(at, {})} />
                )),
              }}
            />
            <p class="chart-note">
              <MetaLine meta={found.meta} />
            </p>
          </>
        )
      }}
    </Widget>
  )
}

const MISSED: readonly MetricId[] = ['calls_missed', 'calls_unrecovered']

function ByReason({ filter }: Props) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const term = useTerms()
  const drill = useMetricDrills(filter)
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    { params: { query: { ...filter, by: 'reason', metrics: [...MISSED], all: true } } },
    { every: EVERY },
  )
  return (
    <Widget title={say('reasons')} about={say('reasons.about')} query={answer} height={200}>
      {(found) => {
        const link = (at: number, part?: Drill | null) =>
          linkOf(found.meta.filter, drill(MISSED[at] ?? ''), part)
        const count = (values: { value: unknown }[], at: number) => Number(values[at]?.value ?? 0)
        const rows = found.parts.filter((part) => count(part.values, 0) || count(part.values, 1))
        return (
          <>
            <Shares
              label={say('reasons')}
              columns={[say('reason'), say('missed'), say('unrecovered')]}
              empty={<Empty inline title={say('reasons.none')} />}
              rows={rows.map((part) => ({
                id: part.key,
                name: part.key ? term(`reason.${part.key}`) : part.name,
                count: count(part.values, 0),
                share: part.share,
                href: link(0, part.drill),
                color: '--bad',
                more: [<Counted key="1" count={count(part.values, 1)} href={link(1, part.drill)} />],
              }))}
              total={{
                name: kit('total'),
                count: count(found.total, 0),
                href: link(0, {}),
                more: [<Counted key="1" count={count(found.total, 1)} href={link(1, {})} />],
              }}
            />
            <p class="chart-note">
              <MetaLine meta={found.meta} />
            </p>
          </>
        )
      }}
    </Widget>
  )
}

function ByLabel({ filter }: Props) {
  const say = useWords('overview')
  const term = useTerms()
  const drill = useMetricDrills(filter)('calls_received')
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    { params: { query: { ...filter, by: 'label', metrics: ['calls_received'], all: true } } },
    { every: EVERY },
  )
  return (
    <Widget title={say('labels')} about={say('labels.about')} query={answer} height={230}>
      {(found) => (
        <Shares
          label={say('labels')}
          columns={[say('label'), say('calls')]}
          rows={found.parts.map((part) => ({
            id: part.key,
            name: part.key ? term(`label.${part.key}`) : part.name,
            count: Number(part.values[0]?.value ?? 0),
            share: part.share,
            href: linkOf(found.meta.filter, drill, part.drill),
          }))}
        />
      )}
    </Widget>
  )
}

/** Operators by handled calls (features.md W27), for those who lead others (W16). */
function ByPerson({ filter }: Props) {
  const say = useWords('overview')
  const kit = useWords('kit')
  const format = useFormat()
  const drill = useMetricDrills(filter)('calls_answered')
  const [all, setAll] = useState(false)
  const answer = useAnswer(
    '/v1/analytics/breakdown',
    {
      params: { query: { ...filter, by: 'user', metrics: ['calls_answered', 'talk_s'], top: 10, all } },
    },
    { every: EVERY },
  )
  return (
    <Widget title={say('people')} about={say('people.about')} query={answer} height={330}>
      {(found) => (
        <div class="stack">
          <Shares
            label={say('people')}
            columns={[say('person'), say('handled'), say('talk')]}
            rows={found.parts
              .filter((part) => part.key || Number(part.values[0]?.value ?? 0))
              .map((part) => ({
                id: part.key,
                name: (
                  <span class={part.deleted ? 'gone' : undefined}>
                    {part.key ? part.name : kit('unassigned')}
                  </span>
                ),
                count: Number(part.values[0]?.value ?? 0),
                share: part.share,
                href: linkOf(found.meta.filter, drill, part.drill),
                more: [format.seconds(part.values[1]?.value)],
              }))}
            total={{
              name: kit('total'),
              count: Number(found.total[0]?.value ?? 0),
              href: linkOf(found.meta.filter, drill, {}),
              more: [format.seconds(found.total[1]?.value)],
            }}
          />
          <div class="row no-print">
            {found.hidden_parts || all ? (
              <button type="button" class="small" onClick={() => setAll(!all)}>
                {all ? kit('show_less') : kit('show_all')}
              </button>
            ) : null}
            <Link href={`/app/team?${writeFilter(found.meta.filter)}`}>{say('people.more')}</Link>
          </div>
        </div>
      )}
    </Widget>
  )
}

/** What of the filter the list of cases takes. With anything else it would not be of what the page is about. */
const OF_CASES = [
  'preset',
  'from',
  'to',
  'users',
  'teams',
  'numbers',
  'queues',
  'campaigns',
  'sources',
  'connections',
] as const satisfies readonly (keyof Filter & keyof CasesAsked)[]
type CasesAsked = NonNullable<operations['getCases']['parameters']['query']>

/** Missed calls that somebody has to do something about, newest first (features.md W28). */
function Needing({ filter }: Props) {
  const say = useWords('overview')
  const format = useFormat()
  const told = Object.keys(filter).every((name) => OF_CASES.some((known) => known === name))
  const answer = useAnswer(
    '/v1/cases',
    {
      params: {
        query: { ...filter, states: ['open', 'attempted', 'assigned'], sort: 'newest', limit: 6 },
      },
    },
    { every: EVERY, enabled: told },
  )
  if (!told) return null
  const more = `/app/missed?${writeFilter(filter)}`
  return (
    <Widget title={say('needing')} about={say('needing.about')} query={answer} height={200}>
      {(found) => (
        <div class="stack">
          <Table
            label={say('needing')}
            rows={found.rows}
            rowKey={(row) => row.record_id}
            empty={<Empty inline title={say('needing.none')} />}
            columns={[
              {
                id: 'customer',
                title: say('customer'),
                names: true,
                cell: (row) => (
                  <>
                    {row.remote_name ? <span class="stacked">{row.remote_name}</span> : null}
                    <Phone number={row.remote_number} />
                  </>
                ),
              },
              {
                id: 'at',
                title: say('when'),
                cell: (row) => <span class="nowrap">{format.at(row.last_missed_at)}</span>,
              },
              { id: 'misses', title: say('times'), end: true, cell: (row) => format.count(row.misses) },
              {
                id: 'state',
                title: say('state'),
                cell: (row) => (
                  <span class="row">
                    <Tag group="case_state" code={row.state} />
                    {row.overdue ? <span class="tag bad">{say('overdue')}</span> : null}
                  </span>
                ),
              },
            ]}
          />
          <p>
            <Link href={more}>{say('needing.more', { count: found.count })}</Link>
          </p>
        </div>
      )}
    </Widget>
  )
}

export function Activity({ filter, nothing }: Props & { nothing: ComponentChildren }) {
  const leads = useMay('view_all_calls')
  return (
    <div class="stack">
      <Cards filter={filter} />
      {nothing ?? (
        <>
          <Volume filter={filter} />
          <HeatMap filter={filter} />
          <div class="columns">
            <div class="stack">
              <ByStatus filter={filter} />
              <Needing filter={filter} />
              <ByLabel filter={filter} />
            </div>
            <div class="stack">
              <ByHour filter={filter} />
              <ByReason filter={filter} />
              {leads ? <ByPerson filter={filter} /> : null}
            </div>
          </div>
          <DealWidgets filter={filter} />
        </>
      )}
    </div>
  )
}
