// The team: who does how much, against whom, over time, and who is there.
import { FileDown } from 'lucide-preact'
import type { ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import { useFilter, useParameter } from '../../filter/useFilter'
import { Tabs } from '../../kit/choices'
import { useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import type { TabProps } from './bar'
import { Compare } from './compare'
import { Load } from './load'
import { Presence } from './presence'
import { ProfileDrawer } from './profile'
import { Ranking } from './ranking'
import { Rings } from './rings'
import { COLUMNS, TeamTable, useColumns, useSorting } from './table'
import { Targets } from './targets'
import { Trends } from './trends'
import './team.css'

const TABS = {
  ranking: Ranking,
  table: TeamTable,
  compare: Compare,
  trends: Trends,
  load: Load,
  presence: Presence,
  rings: Rings,
  targets: Targets,
} as const satisfies Record<string, ComponentType<TabProps>>
type Tab = keyof typeof TABS
/** Of several people: nothing to rank or compare for who sees only themself (features.md W16). */
const OF_MANY: readonly Tab[] = ['ranking', 'compare']

export default function TeamPage() {
  const shell = useWords('shell')
  const say = useWords('team')
  const kit = useWords('kit')
  const { may } = useSession()
  const filtered = useFilter()
  const tabs = (Object.keys(TABS) as Tab[]).filter((tab) => may('view_all_calls') || !OF_MANY.includes(tab))
  const [said] = useParameter('tab')
  const tab = tabs.find((one) => one === said) ?? tabs[0] ?? 'table'
  const Shown = TABS[tab]
  const [person, open] = useParameter('person')
  const [exporting, setExporting] = useState(false)
  const [columns] = useColumns(COLUMNS)
  const [sorting] = useSorting({ by: 'name', order: 'asc' })
  const sorted = columns.some((id) => id === sorting.by)
  return (
    <Page
      title={shell('page.team')}
      tools={
        may('export') ? (
          <button type="button" onClick={() => setExporting(true)}>
            <FileDown size={16} aria-hidden="true" /> {kit('export')}
          </button>
        ) : null
      }
      bar={
        <Tabs label={say('tabs')} tabs={tabs.map((id) => ({ id, name: say(`tab.${id}`) }))} chosen={tab} />
      }
    >
      <Shown filtered={filtered} onOpen={open} />
      {person ? <ProfileDrawer userId={person} onClose={() => open(null)} key={person} /> : null}
      {exporting ? (
        <ExportDialog
          report={tab === 'presence' ? 'presence' : 'team'}
          filter={filtered.filter}
          options={
            tab === 'presence'
              ? {}
              : { metrics: columns, ...(sorted ? { sort: sorting.by, order: sorting.order } : {}) }
          }
          onClose={() => setExporting(false)}
        />
      ) : null}
    </Page>
  )
}
