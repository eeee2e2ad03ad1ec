// How much there was over time: one metric, its period before, steps from an hour to a month (features.md W24).
import { useMemo } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { useAnswer } from '../../ask'
import { type Drill, drillTo, type Filter } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Chart } from '../../kit/chart'
import { One, Switch } from '../../kit/choices'
import { Delta, Figure, MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Check } from '../../kit/inputs'
import { type MetricId, useMetric } from '../../kit/metrics'
import { useAllWords, useFieldNames, useTerms, useWords } from '../../words'
import { daysOf, type Step, stepsOf, usualStep, type VolumeWords, volumeOption, volumeTable } from './volume'
import { EVERY, Widget } from './widget'

const METRICS: readonly MetricId[] = [
  'calls',
  'calls_received',
  'calls_made',
  'calls_answered',
  'calls_missed',
  'missed_rate',
  'answer_rate',
  'service_level',
  'asa_s',
  'talk_s',
  'messages',
  'messages_received',
  'messages_sent',
  'interactions',
  'calls_unrecovered',
]

export function Volume({ filter }: { filter: Filter }) {
  const say = useWords('overview')
  const texts = useAllWords()
  const name = useFieldNames()
  const term = useTerms()
  const format = useFormat()
  const [, go] = useLocation()
  const [askedMetric, setMetric] = useParameter('metric', 'calls')
  const [askedStep, setStep] = useParameter('step')
  const [compare, setCompare] = useParameter('compare', 'yes')
  const metric = METRICS.find((one) => one === askedMetric) ?? 'calls'
  const unit = useMetric(metric)?.unit ?? 'count'
  const days = daysOf(filter)
  const steps = stepsOf(days)
  const step: Step = steps.find((one) => one === askedStep) ?? usualStep(days)
  const answer = useAnswer(
    '/v1/analytics/series',
    {
      params: { query: { ...filter, metrics: [metric], granularity: step, compare: compare === 'yes' } },
    },
    { every: EVERY },
  )
  const series = answer.data
  const line = series?.lines[0]
  const shown = line?.metric ?? metric
  const words = useMemo<VolumeWords>(
    () => ({
      format,
      unit,
      now: texts.term('fields', shown),
      before: texts.say('overview', 'before'),
      partial: texts.say('overview', 'partial'),
    }),
    [format, unit, shown, texts],
  )
  const option = useMemo(() => (series ? volumeOption(series, words) : null), [series, words])
  const link = (at: number, earlier = false): string | null => {
    const tick = (earlier ? series?.previous_buckets : series?.buckets)?.[at]
    const drill = line?.total.drill
    const value = (earlier ? line?.previous : line?.values)?.[at]
    if (!series || !tick?.drill || !drill || !Number(value ?? 0)) return null
    return drillTo(series.meta.filter as Drill, drill, tick.drill)
  }
  return (
    <Widget
      title={say('volume')}
      about={
        line ? (
          <span class="row">
            <b class="number">
              <Figure
                value={line.total.value}
                filter={series?.meta.filter as Drill}
                drill={line.total.drill}
              />
            </b>
            {line.previous ? (
              <>
                <Delta compared={line.total} />
                <span>
                  {say('before_value', {
                    value: format.value(line.total.previous?.value, unit, line.total.previous?.currency),
                  })}
                </span>
              </>
            ) : null}
          </span>
        ) : (
          ' '
        )
      }
      query={answer}
      height={330}
      tools={
        <>
          <One
            label={say('metric')}
            options={METRICS.map((id) => ({ id, name: name(id) }))}
            chosen={metric}
            onChange={setMetric}
          />
          {steps.length > 1 ? (
            <Switch
              label={say('step')}
              options={steps.map((id) => ({ id, name: term(`granularity.${id}`) }))}
              chosen={step}
              onChange={setStep}
            />
          ) : null}
          <Check
            label={say('compare')}
            checked={compare === 'yes'}
            onChange={(on) => setCompare(on ? null : 'no')}
          />
        </>
      }
    >
      {(found) =>
        option ? (
          <Chart
            option={option}
            label={say('volume.label', {
              metric: name(shown),
              step: term(`granularity.${found.granularity}`),
            })}
            table={volumeTable(found, words, link, say('when'))}
            height={280}
            onPick={({ dataIndex, seriesIndex }) => {
              const href = link(dataIndex, seriesIndex === 1)
              if (href) go(href)
            }}
            note={
              <>
                <MetaLine meta={found.meta} />
                {found.buckets.some((tick) => tick.partial) ? <span>{say('partial.why')}</span> : null}
              </>
            }
          />
        ) : null
      }
    </Widget>
  )
}
