"""Node agents: what stands between a kubelet's rules and what runs. Here: simulated machines, and their memory."""
