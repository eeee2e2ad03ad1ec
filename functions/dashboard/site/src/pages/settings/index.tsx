import { Page } from '../../shell'
import { useWords } from '../../words'

export default function SettingsPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.settings')}>{null}</Page>
}
