// When it is busy: weekdays by hours, with the three busiest named and marked (features.md O15, O16).
import { Link } from 'wouter-preact'
import { useAnswer } from '../../ask'
import type { Filter } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Switch } from '../../kit/choices'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import type { MetricId } from '../../kit/metrics'
import { Empty } from '../../kit/states'
import { useWords } from '../../words'
import { useMetricDrills } from './drills'
import { HourGrid } from './grid'
import { heatOf, heatRows, peakOf } from './heat'
import { clock } from './hours'
import { linkOf } from './links'
import { EVERY, Widget } from './widget'

const COUNTED = ['interactions', 'calls', 'messages', 'calls_missed'] as const satisfies readonly MetricId[]

export function HeatMap({ filter }: { filter: Filter }) {
  const say = useWords('overview')
  const format = useFormat()
  const [asked, choose] = useParameter('busy', 'interactions')
  const metric = COUNTED.find((one) => one === asked) ?? 'interactions'
  const drill = useMetricDrills(filter)
  const answer = useAnswer(
    '/v1/analytics/heatmap',
    { params: { query: { ...filter, metric } } },
    { every: EVERY },
  )
  return (
    <Widget
      title={say('busy')}
      about={say('busy.about')}
      query={answer}
      height={300}
      tools={
        <Switch
          label={say('busy.what')}
          options={COUNTED.map((id) => ({ id, name: say(`busy.${id}`) }))}
          chosen={metric}
          onChange={choose}
        />
      }
    >
      {(found) => {
        const of = drill(found.metric)
        const at = (weekday: number, hour: number) => `${format.weekday(weekday)} ${clock(hour)}`
        const cellOf = (weekday: number, hour: number) =>
          found.cells.find((cell) => cell.weekday === weekday && cell.hour === hour)
        if (!Number(found.total.value)) return <Empty inline title={say('nothing')} />
        return (
          <div class="stack">
            <ol class="peaks">
              {found.peaks.map((peak) => {
                const href = linkOf(found.meta.filter, of, cellOf(peak.weekday, peak.hour)?.drill)
                const name = at(peak.weekday, peak.hour)
                return (
                  <li key={peak.name}>
                    {href ? <Link href={href}>{name}</Link> : name}{' '}
                    <span class="faint">{say('busy.average', { count: format.count(peak.average, 1) })}</span>
                  </li>
                )
              })}
            </ol>
            <HourGrid
              label={say('busy.label', { what: say(`busy.${metric}`) })}
              rows={heatRows(found).map((row) => ({
                id: String(row.weekday),
                name: format.weekday(row.weekday),
                cells: row.cells.map((cell) => ({
                  heat: heatOf(cell, found),
                  mark: peakOf(cell, found),
                  lines: [
                    `${format.weekday(row.weekday, 'long')}, ${clock(cell.hour)}–${clock((cell.hour + 1) % 24)}`,
                    cell.average === null
                      ? say('busy.none')
                      : say('busy.average', { count: format.count(cell.average, 1) }),
                    say('busy.sum', { shown: format.count(cell.value), days: row.days }),
                  ],
                  href: cell.value ? linkOf(found.meta.filter, of, cell.drill) : null,
                })),
              }))}
            />
            <p class="chart-note">
              <MetaLine meta={found.meta} />
              <span class="heat-scale" aria-hidden="true">
                {say('busy.less')} <i /> {say('busy.more')}
              </span>
            </p>
          </div>
        )
      }}
    </Widget>
  )
}
