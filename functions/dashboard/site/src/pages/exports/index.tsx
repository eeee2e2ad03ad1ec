// Files: what was made, what comes by itself, what finance can ask, and whom mail reaches.

import { useParameter } from '../../filter/useFilter'
import { Tabs } from '../../kit/choices'
import { NoPermission, Upgrade } from '../../kit/states'
import { useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { Addresses } from './addresses'
import { Downloads } from './downloads'
import { Everybody } from './everybody'
import { Reports } from './reports'
import { Schedules } from './schedules'
import { useFinance } from './titles'
import './exports.css'

const TABS = [
  { id: 'downloads', Shown: Downloads, needs: 'export' },
  { id: 'schedules', Shown: Schedules, needs: 'export' },
  { id: 'reports', Shown: Reports, needs: 'reports' },
  { id: 'addresses', Shown: Addresses, needs: 'export' },
  { id: 'everybody', Shown: Everybody, needs: 'see_audit' },
] as const

export default function ExportsPage() {
  const say = useWords('exports')
  const shell = useWords('shell')
  const { may, me } = useSession()
  const [chosen] = useParameter('tab', 'downloads')
  const finance = useFinance()
  const allowed = (tab: (typeof TABS)[number]) => may(tab.needs) && (tab.id !== 'reports' || finance)
  const open = TABS.filter(allowed)
  const tab = TABS.find((one) => one.id === chosen) ?? TABS[0]
  const title = shell('page.exports')
  if (!me.workspace.analytics) {
    return (
      <Page title={title}>
        <Upgrade />
      </Page>
    )
  }
  return (
    <Page
      title={title}
      bar={
        <Tabs
          label={title}
          tabs={open.map((one) => ({ id: one.id, name: say(`tab.${one.id}`) }))}
          chosen={tab.id}
        />
      }
    >
      {allowed(tab) ? <tab.Shown /> : <NoPermission ability={tab.needs} />}
    </Page>
  )
}
