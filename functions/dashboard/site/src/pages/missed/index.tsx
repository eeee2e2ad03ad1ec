// Missed callers: the work list of who has to be called back, how well that goes, and the calls themselves.
import { FileDown } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useFilter, useParameter } from '../../filter/useFilter'
import { Tabs } from '../../kit/choices'
import { useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import MissedCalls from './calls'
import WorkList, { useQuestion } from './list'
import Recovery from './recovery'
import './missed.css'

const TABS = ['list', 'recovery', 'calls'] as const
const DAYS = { preset: 'last_4_weeks' } as const

export default function MissedPage() {
  const say = useWords('missed')
  const kit = useWords('kit')
  const session = useSession()
  const [asked] = useParameter('tab', 'list')
  const tab = TABS.find((one) => one === asked) ?? 'list'
  const [exporting, setExporting] = useState(false)
  return (
    <Page
      title={say('title')}
      tools={
        session.may('export') ? (
          <button type="button" onClick={() => setExporting(true)}>
            <FileDown size={16} aria-hidden="true" /> {kit('export')}
          </button>
        ) : null
      }
      bar={
        <Tabs label={say('title')} tabs={TABS.map((id) => ({ id, name: say(`tab.${id}`) }))} chosen={tab} />
      }
    >
      {tab === 'list' ? <WorkList /> : tab === 'recovery' ? <Recovery /> : <MissedCalls />}
      {exporting ? <Export tab={tab} onClose={() => setExporting(false)} /> : null}
    </Page>
  )
}

/** A file of what the tab lists: cases, or the missed calls. */
function Export({ tab, onClose }: { tab: (typeof TABS)[number]; onClose: () => void }) {
  const { question } = useQuestion()
  const [each] = useParameter('each', 'caller')
  const { filter } = useFilter(DAYS)
  if (tab === 'calls') {
    return <ExportDialog report="interactions" filter={{ ...filter, only_missed: true }} onClose={onClose} />
  }
  if (tab === 'recovery') return <ExportDialog report="cases" filter={filter} onClose={onClose} />
  const { states, case_sources, assignees, only_overdue, sort, ...shared } = question
  const group = each === 'caller' ? 'caller' : undefined
  const options = { states, case_sources, assignees, only_overdue, sort, group }
  // Without dates it is everything that is open, as on screen.
  return <ExportDialog report="cases" filter={shared} options={options} onClose={onClose} />
}
