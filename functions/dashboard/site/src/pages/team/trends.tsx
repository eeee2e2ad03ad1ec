// A small chart of each person, all on one scale (features.md O14).
import { useMemo } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { drillTo } from '../../filter/filter'
import { Chart } from '../../kit/chart'
import { Card, Delta, Figure, MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { useMetric } from '../../kit/metrics'
import { Answered, Empty } from '../../kit/states'
import { useFieldNames, useWords } from '../../words'
import { tickName } from '../overview/volume'
import { Bar, type TabProps, useMetricParameter } from './bar'
import { StepSwitch, useStep } from './compare'
import type { Line } from './lines'
import { EVERY, MetricSelect } from './measure'
import { PersonName } from './profile'
import { useMore } from './table'

const FIRST = 12
const MOST = 50

export function Trends({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const kit = useWords('kit')
  const name = useFieldNames()
  const { filter } = filtered
  const [metric, setMetric] = useMetricParameter()
  const [step, steps, setStep] = useStep(filter)
  const [all, toggle] = useMore()
  const answer = useAnswer(
    '/v1/analytics/series',
    {
      params: {
        query: {
          ...filter,
          metrics: [metric],
          by: 'user',
          granularity: step,
          compare: true,
          top: all ? MOST : FIRST,
        },
      },
    },
    { every: EVERY },
  )
  return (
    <>
      <Bar filtered={filtered} meta={answer.data?.meta} />
      <Card
        title={say('trends.title', { metric: name(metric) })}
        about={say('trends.about')}
        tools={
          <>
            <MetricSelect chosen={metric} onChange={setMetric} />
            <StepSwitch step={step} steps={steps} onChange={setStep} />
          </>
        }
      >
        <Answered query={answer} lines={12}>
          {(series) => {
            const people = series.lines.filter((line) => line.key)
            const most = Math.max(0, ...people.flatMap((line) => line.values.map(Number)))
            return (
              <div class="stack">
                {people.length ? (
                  <div class="multiples">
                    {people.map((line) => (
                      <Multiple key={line.key} line={line} series={series} most={most} onOpen={onOpen} />
                    ))}
                  </div>
                ) : (
                  <Empty inline title={say('compare.empty')} />
                )}
                {all || series.hidden_keys ? (
                  <button type="button" class="team-more no-print" onClick={toggle}>
                    {kit(all ? 'show_less' : 'show_all')}
                  </button>
                ) : null}
                <div class="chart-note">
                  <MetaLine meta={series.meta} />
                </div>
              </div>
            )
          }}
        </Answered>
      </Card>
    </>
  )
}

function Multiple({
  line,
  series,
  most,
  onOpen,
}: {
  line: Line
  series: Schemas['Series']
  most: number
  onOpen: (userId: string) => void
}) {
  const say = useWords('team')
  const name = useFieldNames()
  const format = useFormat()
  const [, go] = useLocation()
  const unit = useMetric(line.metric)?.unit ?? 'count'
  const drawn = unit === 'share' || line.medians ? 'line' : 'bar'
  const label = say('trends.of', { metric: name(line.metric), name: line.name || line.key })
  const option = useMemo(() => {
    const said = (value: number | string | null | undefined) =>
      format.value(value, unit, line.total.value.currency)
    return {
      grid: { top: 10, bottom: 2, left: 2, right: 26 },
      tooltip: {
        formatter: (given: unknown) => {
          const at = (given as { dataIndex: number }[])[0]?.dataIndex ?? 0
          const tick = series.buckets[at]
          return tick
            ? `${tickName(format, tick.label, series.granularity, true)}: ${said(line.values[at])}`
            : ''
        },
      },
      xAxis: {
        type: 'category' as const,
        data: series.buckets.map((tick) => tickName(format, tick.label, series.granularity)),
        axisLabel: { interval: Math.max(0, series.buckets.length - 2), fontSize: 11 },
      },
      yAxis: {
        type: 'value' as const,
        max: most || 1,
        interval: most || 1,
        axisLabel: { fontSize: 11, formatter: said },
      },
      series: [
        {
          type: drawn as 'bar',
          symbolSize: 4,
          itemStyle: { color: 'var(--series-1)' },
          data: line.values.map((value) => (value === null ? null : Number(value))),
        },
      ],
    }
  }, [line, series, most, drawn, unit, format])
  return (
    <section class="multiple">
      <div class="spread">
        <h3>
          <PersonName userId={line.key} name={line.name} deleted={line.deleted} onOpen={onOpen} />
        </h3>
        <span class="row small-text">
          <b class="number">
            <Figure
              value={line.total.value}
              filter={series.meta.filter}
              drill={line.total.drill && line.drill ? { ...line.total.drill, ...line.drill } : null}
            />
          </b>
          <Delta compared={line.total} />
        </span>
      </div>
      <Chart
        option={option}
        label={label}
        height={104}
        table={{
          columns: [say('step'), name(line.metric)],
          rows: series.buckets.map((tick, at) => [
            tickName(format, tick.label, series.granularity, true),
            format.value(line.values[at], unit, line.total.value.currency),
          ]),
        }}
        onPick={({ dataIndex }) => {
          const tick = series.buckets[dataIndex]
          if (tick?.drill && line.drill && line.total.drill) {
            go(drillTo(series.meta.filter, line.total.drill, line.drill, tick.drill))
          }
        }}
      />
    </section>
  )
}
