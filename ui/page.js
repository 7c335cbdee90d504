() => {
    // Ctrl+Enter or Cmd+Enter in any of the three boxes of the conversation presses "Suggest".
    document.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        if (!event.target.closest?.('#post, #history, #reply')) return;
        event.preventDefault();
        document.querySelector('#suggest')?.click();
    });
    // Gradio's accordion does not tell screen readers whether it is open, and it may come after this script.
    const fold = () => {
        const button = document.querySelector('#earlier > button');
        if (!button) return false;
        const open = getComputedStyle(button.nextElementSibling).display !== 'none';
        button.setAttribute('aria-expanded', String(open));
        return true;
    };
    if (!fold()) {
        const waiting = new MutationObserver(() => { if (fold()) waiting.disconnect(); });
        waiting.observe(document.body, {childList: true, subtree: true});
    }
    document.addEventListener('click', () => setTimeout(fold));
}
