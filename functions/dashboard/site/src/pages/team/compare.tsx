// Two and more people, teams or numbers on the same axis and metric, a table beside them (features.md O13, O26).
import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { type Schemas, useAnswer } from '../../ask'
import { optionsOf, useChoices } from '../../filter/bar'
import { drilled, drillTo, type Filter } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Chart } from '../../kit/chart'
import { Many, Switch } from '../../kit/choices'
import { Card, Delta, Figure, MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { type MetricId, useMetric } from '../../kit/metrics'
import { Notice } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { Table } from '../../kit/table'
import { useFieldNames, useWords } from '../../words'
import { daysOf, type Step, stepsOf, usualStep } from '../overview/volume'
import { Bar, type TabProps, useMetricParameter } from './bar'
import { colour, type Line, linesOption, linesTable, namesOf } from './lines'
import { EVERY, MetricSelect } from './measure'
import { PersonName } from './profile'

type By = 'user' | 'team' | 'number'
const FIELDS = { user: 'users', team: 'teams', number: 'numbers' } as const

/** A step that suits the period, unless one is chosen. */
export function useStep(filter: Filter): [Step, Step[], (step: Step) => void] {
  const days = daysOf(filter)
  const steps = stepsOf(days)
  const [said, say] = useParameter('step')
  const step = steps.find((one) => one === said) ?? usualStep(days)
  return [step, steps, (next) => say(next)]
}

export function StepSwitch({
  step,
  steps,
  onChange,
}: {
  step: Step
  steps: Step[]
  onChange: (step: Step) => void
}) {
  const say = useWords('team')
  if (steps.length < 2) return null
  return (
    <Switch
      label={say('step')}
      options={steps.map((id) => ({ id, name: say(`step.${id}`) }))}
      chosen={step}
      onChange={onChange}
    />
  )
}

/** Ids in the address, in the order of choosing. */
export function useChosen(name: string): [string[], (ids: string[]) => void] {
  const [said, say] = useParameter(name)
  return [said ? said.split(',') : [], (ids) => say(ids.length ? ids.join(',') : null)]
}

export function Compare({ filtered, onOpen }: TabProps) {
  const say = useWords('team')
  const [kind, setKind] = useParameter('of', 'user')
  const by: By = kind === 'team' ? 'team' : 'user'
  const [chosen, choose] = useChosen(by === 'team' ? 'compared_teams' : 'compared')
  const [metric, setMetric] = useMetricParameter()
  const choices = useChoices()
  const options = optionsOf(by === 'team' ? choices?.teams : choices?.users)
  return (
    <Compared
      filter={filtered.filter}
      by={by}
      chosen={chosen}
      metric={metric}
      onOpen={onOpen}
      above={(meta) => (
        <>
          <Bar filtered={filtered} meta={meta} />
          <div class="row no-print">
            <Switch
              label={say('compare.who')}
              options={[
                { id: 'user', name: say('compare.people') },
                { id: 'team', name: say('compare.teams') },
              ]}
              chosen={by}
              onChange={(id) => setKind(id)}
            />
            <Many
              label={say('compare.who')}
              options={options}
              chosen={chosen}
              none={say('compare.top')}
              onChange={choose}
            />
            <MetricSelect chosen={metric} onChange={setMetric} />
          </div>
        </>
      )}
    />
  )
}

/** The overlaid series of the chosen keys, the busiest five when none is chosen. */
export function Compared({
  filter,
  by,
  chosen,
  metric,
  onOpen,
  above,
}: {
  filter: Filter
  by: By
  chosen: string[]
  metric: MetricId
  onOpen?: (userId: string) => void
  /** Filters and choices; the dates are those of the answer. */
  above: (meta: Schemas['Meta'] | undefined) => ComponentChildren
}) {
  const say = useWords('team')
  const kit = useWords('kit')
  const numbers = useWords('numbers')
  const name = useFieldNames()
  const format = useFormat()
  const [, go] = useLocation()
  const unit = useMetric(metric)?.unit ?? 'count'
  const [step, steps, setStep] = useStep(filter)
  const named = chosen.length ? chosen : (filter[FIELDS[by]] ?? [])
  const answer = useAnswer(
    '/v1/analytics/series',
    {
      params: {
        query: {
          ...drilled(filter, named.length ? { [FIELDS[by]]: named } : null),
          metrics: [metric],
          by,
          granularity: step,
          compare: true,
          ...(named.length ? {} : { top: 5 }),
        },
      },
    },
    { every: EVERY },
  )
  const data = answer.data
  const nobody =
    by === 'team' ? say('by_team.none') : by === 'number' ? numbers('none.number') : kit('unassigned')
  const names = useMemo(() => namesOf(data?.lines ?? [], nobody), [data, nobody])
  const title = say('compare.title', { metric: name(metric) })
  const option = useMemo(
    () => (data ? linesOption(data, names, unit, format, say('strip.now')) : {}),
    [data, names, unit, format, say],
  )
  return (
    <>
      {above(data?.meta)}
      <div class="grid compare-grid">
        <Card title={title} tools={<StepSwitch step={step} steps={steps} onChange={setStep} />}>
          {chosen.length === 1 ? <Notice>{say('compare.one')}</Notice> : null}
          <Answered query={answer} lines={8}>
            {(series) =>
              series.lines.length ? (
                <Chart
                  option={option}
                  label={title}
                  height={340}
                  table={linesTable(series, names, unit, format, {
                    when: say(`step.${step}`),
                    against: (one) => `${one}, ${say('compare.difference')}`,
                  })}
                  onPick={({ dataIndex, seriesIndex }) => {
                    const line = series.lines[seriesIndex]
                    const tick = series.buckets[dataIndex]
                    if (line?.total.drill && line.drill && tick?.drill) {
                      go(drillTo(series.meta.filter, line.total.drill, line.drill, tick.drill))
                    }
                  }}
                  note={<MetaLine meta={series.meta} />}
                />
              ) : (
                <Empty inline title={say('compare.empty')} />
              )
            }
          </Answered>
        </Card>
        <Card title={say('compare.value')}>
          <Answered query={answer} lines={6}>
            {(series) => (
              <div class="measures">
                <Table
                  label={title}
                  rows={series.lines}
                  rowKey={(line) => line.key || 'none'}
                  rowClass={(line) => (line.deleted ? 'gone' : undefined)}
                  columns={[
                    {
                      id: 'name',
                      title: say('compare.name'),
                      names: true,
                      cell: (line) => {
                        const at = series.lines.indexOf(line)
                        return (
                          <span class="row team-keyed">
                            <i class="team-swatch" style={{ background: colour(at) }} aria-hidden="true" />
                            <span>
                              {by === 'user' && line.key && onOpen ? (
                                <PersonName
                                  userId={line.key}
                                  name={names[at] ?? line.name}
                                  deleted={line.deleted}
                                  onOpen={onOpen}
                                />
                              ) : (
                                names[at]
                              )}
                            </span>
                          </span>
                        )
                      },
                    },
                    {
                      id: 'value',
                      title: name(metric),
                      end: true,
                      cell: (line) => (
                        <Figure
                          value={line.total.value}
                          filter={series.meta.filter}
                          drill={
                            line.total.drill && line.drill ? { ...line.total.drill, ...line.drill } : null
                          }
                        />
                      ),
                    },
                    {
                      id: 'difference',
                      title: say('compare.difference'),
                      end: true,
                      cell: (line: Line) =>
                        line === series.lines[0]
                          ? '–'
                          : format.difference(line.total_difference, unit, line.total.value.currency),
                    },
                    {
                      id: 'previous',
                      title: say('compare.previous'),
                      end: true,
                      cell: (line) => <Delta compared={line.total} />,
                    },
                  ]}
                />
                {series.hidden_keys ? (
                  <p class="faint small-text">{say('compare.hidden', { count: series.hidden_keys })}</p>
                ) : null}
              </div>
            )}
          </Answered>
        </Card>
      </div>
    </>
  )
}
