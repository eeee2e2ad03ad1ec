// Money: what telephony cost, what may be spent, prices, invoices and closed months.

import type { ComponentType } from 'preact'
import { Link } from 'wouter-preact'
import { useParameter } from '../../filter/useFilter'
import { Tabs } from '../../kit/choices'
import { NoPermission } from '../../kit/states'
import { type Ability, useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import Abuse from './abuse'
import Budgets from './budgets'
import Closings from './closings'
import Invoices from './invoices'
import Overview from './overview'
import Rates from './rates'
import Ratings from './ratings'
import Tariffs from './tariffs'
import './spend.css'

const PARTS = {
  overview: Overview,
  budgets: Budgets,
  abuse: Abuse,
  invoices: Invoices,
  closings: Closings,
  tariffs: Tariffs,
  rates: Rates,
  ratings: Ratings,
} satisfies Record<string, ComponentType>
type Part = keyof typeof PARTS

/** What each part needs beside seeing costs, as the API's own table says (docs/permissions.md). */
const NEEDS: Partial<Record<Part, Ability>> = {
  invoices: 'reports',
  closings: 'reports',
  tariffs: 'manage_directory',
  rates: 'manage_directory',
  ratings: 'manage_directory',
}

export default function SpendPage() {
  const say = useWords('spend')
  const session = useSession()
  const [asked] = useParameter('tab', 'overview')
  if (!session.may('see_costs')) {
    return (
      <Page title={say('title')}>
        <NoPermission ability="see_costs" />
      </Page>
    )
  }
  const parts = (Object.keys(PARTS) as Part[]).filter((part) => {
    const need = NEEDS[part]
    return need === undefined || session.may(need)
  })
  const wanted = (Object.keys(PARTS) as Part[]).find((part) => part === asked) ?? 'overview'
  const Shown = PARTS[wanted]
  return (
    <Page
      title={say('title')}
      tools={
        session.may('reports') ? (
          <Link class="button" href="/app/exports?tab=reports">
            {say('queries')}
          </Link>
        ) : null
      }
      bar={
        <Tabs
          label={say('title')}
          tabs={parts.map((id) => ({ id, name: say(`tab.${id}`) }))}
          chosen={wanted}
        />
      }
    >
      {parts.includes(wanted) ? <Shown /> : <NoPermission ability={NEEDS[wanted]} />}
    </Page>
  )
}
