// What happens on each business number, queue, source and campaign, and numbers against each other.
import { FileDown } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { optionsOf, useChoices } from '../../filter/bar'
import { writeFilter } from '../../filter/filter'
import { type Filtered, useFilter, useParameter } from '../../filter/useFilter'
import { Many, Tabs } from '../../kit/choices'
import { useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import { useMetricParameter } from '../team/bar'
import { Compared, useChosen } from '../team/compare'
import { MetricSelect } from '../team/measure'
import { useColumns, useSorting } from '../team/table'
import { type By, KPIS, NumbersBar, Split, useOffered } from './split'
import '../team/team.css'
import './numbers.css'

const TABS = ['numbers', 'compare', 'queues', 'sources', 'campaigns'] as const
type Tab = (typeof TABS)[number]
const SPLITS: Record<Exclude<Tab, 'compare'>, By> = {
  numbers: 'number',
  queues: 'queue',
  sources: 'source',
  campaigns: 'campaign',
}

export default function NumbersPage() {
  const shell = useWords('shell')
  const say = useWords('numbers')
  const kit = useWords('kit')
  const { may } = useSession()
  const filtered = useFilter()
  const [, go] = useLocation()
  const [said] = useParameter('tab')
  const tab = TABS.find((one) => one === said) ?? 'numbers'
  const [exporting, setExporting] = useState(false)
  const [columns, setColumns] = useColumns(KPIS)
  const [sorting, setSorting] = useSorting({ by: KPIS[0] ?? 'calls', order: 'desc' })
  const sorted = columns.some((id) => id === sorting.by) ? { sort: sorting.by, order: sorting.order } : {}
  const by = tab === 'compare' ? 'number' : SPLITS[tab]
  const offered = useOffered(by)
  return (
    <Page
      title={shell('page.numbers')}
      tools={
        may('export') ? (
          <button type="button" onClick={() => setExporting(true)}>
            <FileDown size={16} aria-hidden="true" /> {kit('export')}
          </button>
        ) : null
      }
      bar={
        <Tabs label={say('tabs')} tabs={TABS.map((id) => ({ id, name: say(`tab.${id}`) }))} chosen={tab} />
      }
    >
      {tab === 'compare' ? (
        <Compare filtered={filtered} />
      ) : (
        <Split
          key={by}
          by={by}
          filtered={filtered}
          columns={columns}
          setColumns={setColumns}
          sorting={sorting}
          setSorting={setSorting}
          onCompare={
            by === 'number'
              ? (id) => {
                  const to = writeFilter(filtered.filter)
                  to.set('tab', 'compare')
                  to.set('compared', id)
                  go(`/app/numbers?${to}`)
                }
              : undefined
          }
        />
      )}
      {exporting ? (
        <ExportDialog
          report={by === 'number' ? 'numbers' : 'chart'}
          filter={filtered.filter}
          options={{
            ...(by === 'number' ? {} : { chart: 'breakdown', by, all: true }),
            metrics: columns.filter(offered),
            ...sorted,
          }}
          onClose={() => setExporting(false)}
        />
      ) : null}
    </Page>
  )
}

/** Two and more numbers over each other, with the difference from the first (features.md O26). */
function Compare({ filtered }: { filtered: Filtered }) {
  const say = useWords('numbers')
  const team = useWords('team')
  const [chosen, choose] = useChosen('compared')
  const [metric, setMetric] = useMetricParameter()
  const choices = useChoices()
  return (
    <Compared
      filter={filtered.filter}
      by="number"
      chosen={chosen}
      metric={metric}
      above={(meta) => (
        <>
          <NumbersBar filtered={filtered} meta={meta} />
          <div class="row no-print">
            <Many
              label={say('compare')}
              options={optionsOf(choices?.numbers)}
              chosen={chosen}
              none={team('compare.top')}
              onChange={choose}
            />
            <MetricSelect chosen={metric} onChange={setMetric} />
          </div>
        </>
      )}
    />
  )
}
