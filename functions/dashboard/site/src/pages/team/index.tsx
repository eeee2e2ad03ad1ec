import { useParameter } from '../../filter/useFilter'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { ProfileDrawer } from './profile'

export default function TeamPage() {
  const shell = useWords('shell')
  const [person, open] = useParameter('person')
  return (
    <Page title={shell('page.team')}>
      {person ? <ProfileDrawer userId={person} onClose={() => open(null)} key={person} /> : null}
    </Page>
  )
}
