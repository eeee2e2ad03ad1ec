// Apache ECharts, loaded when the first chart is shown. Every chart says in words what it shows and has its numbers as a
// table for those who do not see it; its colours are the theme's.
import type { EChartsType } from 'echarts/core'
import { Table2 } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useWords } from '../words'
import type { ChartOption } from './charting'
import './chart.css'

export interface ChartTable {
  columns: string[]
  rows: (string | number)[][]
  /** Where the rows behind each row are, for those who cannot click the chart. */
  links?: (string | null)[]
}

interface Props {
  option: ChartOption
  /** What the chart shows, for screen readers and above its table. */
  label: string
  table: ChartTable
  height?: number
  /** Called with what was clicked: index of the data and of the series. */
  onPick?: (at: { dataIndex: number; seriesIndex: number; data: unknown }) => void
  /** Below the chart: zone, as of. */
  note?: ComponentChildren
}

export function Chart({ option, label, table, height = 280, onPick, note }: Props) {
  const say = useWords('kit')
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType | null>(null)
  const pick = useRef(onPick)
  pick.current = onPick
  const [asTable, setAsTable] = useState(false)
  const [ready, setReady] = useState(0)

  useEffect(() => {
    if (asTable) return
    let gone = false
    let watch: ResizeObserver | null = null
    const repaint = () => setReady((n) => n + 1)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    import('./charting').then(({ init }) => {
      if (gone || !place.current) return
      const made = init(place.current)
      chart.current = made
      made.on('click', (event) => {
        pick.current?.({ dataIndex: event.dataIndex, seriesIndex: event.seriesIndex ?? 0, data: event.data })
      })
      watch = new ResizeObserver(() => made.resize())
      watch.observe(place.current)
      repaint()
    })
    scheme.addEventListener('change', repaint)
    window.addEventListener('ringlake:theme', repaint)
    return () => {
      gone = true
      watch?.disconnect()
      scheme.removeEventListener('change', repaint)
      window.removeEventListener('ringlake:theme', repaint)
      chart.current?.dispose()
      chart.current = null
    }
  }, [asTable])

  useEffect(() => {
    if (!ready || !chart.current) return
    import('./charting').then(({ themed }) => chart.current?.setOption(themed(option), { notMerge: true }))
  }, [option, ready])

  return (
    <figure class="chart" aria-label={label}>
      <div class="chart-tools no-print">
        <button
          type="button"
          class="quiet small"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
          title={say(asTable ? 'chart.as_chart' : 'chart.as_table')}
        >
          <Table2 size={16} aria-hidden="true" />
          <span class="unseen">{say(asTable ? 'chart.as_chart' : 'chart.as_table')}</span>
        </button>
      </div>
      {asTable ? null : (
        <div
          ref={place}
          class={onPick ? 'chart-canvas pickable' : 'chart-canvas'}
          style={{ height: `${height}px` }}
          role="img"
          aria-label={label}
        />
      )}
      <div class={asTable ? 'chart-table' : 'unseen'}>
        <table>
          <caption class="unseen">{label}</caption>
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th scope="col" key={column}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, at) => (
              <tr key={row.join('|')}>
                {row.map((cell, index) =>
                  index === 0 ? (
                    <th scope="row" key={index}>
                      {asTable && table.links?.[at] ? <Link href={table.links[at]}>{cell}</Link> : cell}
                    </th>
                  ) : (
                    <td key={index}>{cell}</td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {note ? <figcaption class="chart-note">{note}</figcaption> : null}
    </figure>
  )
}
