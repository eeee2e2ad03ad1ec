// Settings: one tab for each kind of thing. Who may not see any is told so.
import { type ComponentType, lazy, Suspense } from 'preact/compat'
import { useEffect } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useParameter } from '../../filter/useFilter'
import { Tabs } from '../../kit/choices'
import { NoPermission, Skeleton } from '../../kit/states'
import { type Ability, useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import './settings.css'

const TABS = [
  'connections',
  'people',
  'teams',
  'numbers',
  'contacts',
  'sources',
  'lists',
  'hours',
  'workspace',
  'targets',
  'alerts',
  'quality',
  'audit',
] as const
type Tab = (typeof TABS)[number]

const NEEDS: Record<Tab, Ability[]> = {
  connections: ['manage_directory'],
  people: ['manage_directory'],
  teams: ['manage_directory'],
  numbers: ['manage_directory'],
  contacts: ['see_names'],
  sources: ['manage_directory'],
  lists: ['manage_directory', 'see_numbers'],
  hours: ['manage_directory'],
  workspace: ['manage_directory'],
  targets: ['manage_directory'],
  alerts: ['view_all_calls'],
  quality: ['manage_directory'],
  audit: ['see_audit'],
}

const SHOWN: Record<Tab, ComponentType> = {
  connections: lazy(() => import('./connections')),
  people: lazy(() => import('./people')),
  teams: lazy(() => import('./teams')),
  numbers: lazy(() => import('./numbers')),
  contacts: lazy(() => import('./contacts')),
  sources: lazy(() => import('./sources')),
  lists: lazy(() => import('./lists')),
  hours: lazy(() => import('./hours')),
  workspace: lazy(() => import('./workspace')),
  targets: lazy(() => import('./targets')),
  alerts: lazy(() => import('./alerts')),
  quality: lazy(() => import('./quality')),
  audit: lazy(() => import('./audit')),
}

export default function SettingsPage() {
  const say = useWords('settings')
  const shell = useWords('shell')
  const session = useSession()
  const mine = TABS.filter((tab) => NEEDS[tab].every((ability) => session.may(ability)))
  const [asked] = useParameter('tab', mine[0] ?? 'connections')
  const tab = TABS.find((one) => one === asked) ?? mine[0] ?? 'connections'
  const Shown = SHOWN[tab]
  // On a phone the tabs are a strip that scrolls.
  useEffect(() => {
    document
      .querySelector(`.settings-tabs a[href*="tab=${tab}"]`)
      ?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [tab])
  const missing = NEEDS[tab].filter((ability) => !session.may(ability))
  return (
    <Page
      title={shell('page.settings')}
      bar={
        <div class="settings-tabs">
          <Tabs
            label={shell('page.settings')}
            chosen={tab}
            tabs={mine.map((one) => ({ id: one, name: say(`tab.${one}`) }))}
          />
        </div>
      }
      tools={
        session.may('see_costs') && session.may('manage_directory') ? (
          <Link href="/app/spend" class="small-text">
            {say('money')}
          </Link>
        ) : null
      }
    >
      <div class="settings">
        {missing.length ? (
          <NoPermission ability={missing.map((ability) => say(`ability.${ability}`)).join(', ')} />
        ) : (
          <Suspense fallback={<Skeleton lines={8} />}>
            <Shown />
          </Suspense>
        )}
      </div>
    </Page>
  )
}
